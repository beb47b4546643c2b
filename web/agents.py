"""Who opens a page: a phone, a desktop, or a program that only looks at the link."""

import ipaddress
from collections.abc import Mapping

from aiohttp import web

from service.verdicts import Device

PREVIEWS = (
    "telegrambot",
    "whatsapp",
    "twitterbot",
    "facebookexternalhit",
    "facebot",
    "meta-externalagent",
    "slackbot",
    "slack-imgproxy",
    "discordbot",
    "linkedinbot",
    "skypeuripreview",
    "microsoftpreview",
    "googlebot",
    "google-inspectiontool",
    "googleother",
    "bingbot",
    "bingpreview",
    "applebot",
    "yandexbot",
    "baiduspider",
    "bytespider",
    "vkshare",
    "redditbot",
    "embedly",
    "iframely",
    "curl/",
    "wget/",
    "python-",
    "go-http-client",
    "bot/",
    "crawler",
    "spider",
)
"""Pieces of the User-Agents that preview, scan or index links, some of them under a phone's name; lower case."""

PHONES: tuple[tuple[str, Device], ...] = (
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("ipod", "ios"),
    ("android", "android"),
    ("harmony", "android"),
)
"""Pieces of the User-Agents of phones, and the gateway's word for their system; lower case."""

PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Moz")


def is_preview(headers: Mapping[str, str]) -> bool:
    """Whether nobody is looking yet: a preview program, or a browser that fetches ahead."""
    agent = headers.get("User-Agent", "").lower()
    ahead = any("prefetch" in headers.get(name, "") for name in PREFETCH_HEADERS)
    return ahead or any(piece in agent for piece in PREVIEWS)


def device_of(headers: Mapping[str, str]) -> Device:
    """The device that the User-Agent claims to be; a desktop for any other."""
    agent = headers.get("User-Agent", "").lower()
    return next((device for piece, device in PHONES if piece in agent), "desktop")


def client_ip(request: web.Request) -> str | None:
    """The buyer's address as far as it can be told: what a proxy on a private network adds last, else the peer."""
    peer = _address(request.remote)
    if peer is None or not peer.is_private:
        return str(peer) if peer else None
    forwarded = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
    return str(forwarded or peer)


def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
