"""The program in every image: an executable of some 150 bytes that sleeps for ever, so that a container really runs."""

import struct

ARCHITECTURES = ("amd64", "arm64")
_LOADED_AT = 0x400000
_FILE_HEADER, _SEGMENT_HEADER = 64, 56
_MACHINES = {"amd64": 62, "arm64": 183}
_CODE = {
    # mov eax, 34 (pause); syscall; jmp to the start
    "amd64": bytes.fromhex("b822000000 0f05 ebf7"),
    # Four arguments of zero, x8 = 73 (ppoll, which without a timeout waits for ever); svc 0; b to the start
    "arm64": struct.pack("<7I", 0xD2800000, 0xD2800001, 0xD2800002, 0xD2800003, 0xD2800928, 0xD4000001, 0x17FFFFFA),
}


def sleeper(architecture: str) -> bytes:
    """A static Linux executable (ELF, 64 bit) for ``amd64`` or ``arm64``."""
    headers = _FILE_HEADER + _SEGMENT_HEADER
    size = headers + len(_CODE[architecture])
    identification = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    machine, entry = _MACHINES[architecture], _LOADED_AT + headers
    file = struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, entry, _FILE_HEADER, 0, 0, _FILE_HEADER, _SEGMENT_HEADER, 1, 0, 0, 0
    )
    readable_and_executable = 5
    segment = struct.pack("<IIQQQQQQ", 1, readable_and_executable, 0, _LOADED_AT, _LOADED_AT, size, size, 0x1000)
    return identification + file + segment + _CODE[architecture]
