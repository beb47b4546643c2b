create table moved_chat (
    chat_id bigint primary key,
    moved_to bigint not null
);
comment on table moved_chat is 'Groups that became supergroups, and by which id they go since';
