"""A Modbus device that we did not write: pymodbus's server on loopback TCP or
on a serial port, serving the registers given as JSON on the command line:

    pymodbus_field.py tcp PORT '{"holding": {"0": 291}, "coil": {...}}'
    pymodbus_field.py rtu TTY '{...}'
"""
import asyncio
import json
import sys

from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext,
                                ModbusSparseDataBlock)
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer


def block(values):
    return ModbusSparseDataBlock({int(k): v for k, v in values.items()} or {0: 0})


async def main():
    kind, where, registers = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    unit = ModbusSlaveContext(
        hr=block(registers.get("holding", {})),
        ir=block(registers.get("input", {})),
        co=block(registers.get("coil", {})),
        di=block(registers.get("discrete", {})),
        zero_mode=True)
    context = ModbusServerContext(slaves={1: unit}, single=False)
    if kind == "tcp":
        await StartAsyncTcpServer(context=context,
                                  address=("127.0.0.1", int(where)))
    else:
        await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer,
                                     port=where, baudrate=19200)


asyncio.run(main())
