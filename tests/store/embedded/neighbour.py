"""A process of its own that uses a data folder: says the DSN, stays until its input ends, leaves."""

import asyncio
import sys
from pathlib import Path

from store.embedded import EmbeddedServer


async def main(data_dir: Path) -> None:
    async with EmbeddedServer(data_dir) as dsn:
        sys.stdout.write(f"{dsn}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
