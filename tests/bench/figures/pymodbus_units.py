"""A server that we did not write: pymodbus's, the same holding registers for
whichever unit is asked; register a holds a.

    pymodbus_units.py PORT REGISTERS
"""
import asyncio
import sys

from pymodbus.datastore import (ModbusSequentialDataBlock,
                                ModbusServerContext, ModbusSlaveContext)
from pymodbus.server import StartAsyncTcpServer


async def main():
    port, registers = int(sys.argv[1]), int(sys.argv[2])
    unit = ModbusSlaveContext(
        hr=ModbusSequentialDataBlock(0, list(range(registers))),
        zero_mode=True)
    await StartAsyncTcpServer(
        context=ModbusServerContext(slaves=unit, single=True),
        address=("127.0.0.1", port))


asyncio.run(main())
