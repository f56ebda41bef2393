"""A Modbus device that we did not write: pymodbus's server on loopback TCP or
on a serial port, serving the registers given as JSON on the command line:

    pymodbus_field.py tcp PORT '{"holding": {"0": 291}, "coil": {...}}'
    pymodbus_field.py rtu TTY '{...}'

or many of them behind one address, each with what it lets be read at once;
what asks for more is said on stdout:

    pymodbus_field.py units PORT FILE     {"7": {"holding": {...},
                                           "registers": 16, "coils": 8}}
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


class Unit(ModbusSlaveContext):
    def __init__(self, number, registers):
        super().__init__(
            hr=block(registers.get("holding", {})),
            ir=block(registers.get("input", {})),
            co=block(registers.get("coil", {})),
            di=block(registers.get("discrete", {})),
            zero_mode=True)
        self.number = number
        self.most = {1: registers.get("coils", 2000),
                     2: registers.get("coils", 2000),
                     3: registers.get("registers", 125),
                     4: registers.get("registers", 125)}

    def validate(self, fc_as_hex, address, count=1):
        if count > self.most.get(fc_as_hex, count):
            print("unit %d: %d read at once" % (self.number, count),
                  flush=True)
        return super().validate(fc_as_hex, address, count)


async def main():
    kind, where, registers = sys.argv[1:4]
    if kind == "units":
        with open(registers) as f:
            units = json.load(f)
    else:
        units = {"1": json.loads(registers)}
    context = ModbusServerContext(
        slaves={int(n): Unit(int(n), r) for n, r in units.items()},
        single=False)
    if kind in ("tcp", "units"):
        await StartAsyncTcpServer(context=context,
                                  address=("127.0.0.1", int(where)))
    else:
        await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer,
                                     port=where, baudrate=19200)


asyncio.run(main())
