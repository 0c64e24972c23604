import System
import TargetMemory

/// The kernel's texts about a process, of which the process chose parts: its name is in stat, status and comm.
func fuzzProc(_ bytes: [UInt8]) {
    _ = ProcFile.firstLine(of: bytes)
    _ = ProcFile.words(ofStat: bytes)
    for key in ["Name", "Uid", "Tgid", "Groups", "NSpid", ""] { _ = ProcFile.field(key, of: String(decoding: bytes, as: UTF8.self)) }
}
