import Glibc
import System

package enum AArch64: Architecture {
    package static let name = "aarch64"
    package static let elfMachine: UInt16 = 183  // EM_AARCH64

    /// Loads may overtake loads, and stores become visible in any order, unless a barrier stands between.
    package static let showsStoresInOrder = false

    /// glibc: `struct pthread` ends where the thread pointer points, and its size is not the same in all versions.
    package static let selfIsThreadPointer = false
    package static let threadPointsToItself = false
    /// Behind 24 words of padding and a list (TLS_DTV_AT_TP in nptl/descr.h).
    package static let kernelIDInPthread: UInt64 = 208
    package static let selfInPthread: UInt64? = nil

    /// NT_PRSTATUS and NT_ARM_TLS in elf.h.
    private static let generalRegisters: Int32 = 1
    private static let threadRegister: Int32 = 0x401

    package static func registers(of tid: pid_t, _ kernel: any Kernel) -> Registers? {
        // struct user_pt_regs (asm/ptrace.h): x0 to x30, sp, pc, pstate.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 34) { words in
            guard kernel.readRegisters(of: tid, set: generalRegisters, into: UnsafeMutableRawBufferPointer(words)) == 0,
                let pointer = threadPointer(of: tid, kernel)
            else { return nil }
            return Registers(programCounter: words[32], stackPointer: words[31], threadPointer: pointer)
        }
    }

    /// tpidr_el0.
    package static func threadPointer(of tid: pid_t, _ kernel: any Kernel) -> UInt64? {
        var pointer: UInt64 = 0
        let result = withUnsafeMutableBytes(of: &pointer) {
            kernel.readRegisters(of: tid, set: threadRegister, into: $0)
        }
        return result == 0 ? pointer : nil
    }

    /// It is in a note of its own (NT_ARM_TLS).
    package static func threadPointer(inStatusNote note: UnsafeRawBufferPointer) -> UInt64? { nil }

    /// The number of the call is in a register set of its own (NT_ARM_SYSTEM_CALL), and its first argument is
    /// overwritten with the result: not written, since it could not be tried.
    package static let repairsCalls = false
    package static func takeUpCall(of tid: pid_t, _ kernel: any Kernel) -> Int32 { 0 }

    // MARK: Code

    /// `adrp x0, page; ldr x0, [x0, offset]; ret`, perhaps with `bti c` in front.
    package static func variable(returnedBy code: [UInt8], at address: UInt64) -> UInt64? {
        func instruction(_ index: Int) -> UInt32? {
            guard index * 4 + 4 <= code.count else { return nil }
            return code.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) }
        }
        let first = instruction(0) == 0xd503_245f ? 1 : 0  // bti c
        guard let adrp = instruction(first), adrp & 0x9f00_0000 == 0x9000_0000, let ldr = instruction(first + 1),
            ldr & 0xffc0_0000 == 0xf940_0000, ldr >> 5 & 31 == adrp & 31, ldr & 31 == 0,
            instruction(first + 2) == 0xd65f_03c0
        else { return nil }
        // 21 bits, of which the low two stand apart; pages of 4 KB.
        let bits = Int32(bitPattern: (adrp >> 5 & 0x7_ffff) << 2 | adrp >> 29 & 3)
        let pages = Int64((bits << 11) >> 11)
        let page = (address &+ UInt64(first * 4)) & ~4095
        return page &+ UInt64(bitPattern: pages << 12) &+ UInt64(ldr >> 10 & 0xfff) * 8
    }

    package static let longestExchange = 0
    package static func variables(exchangedIn code: [UInt8], at address: UInt64) -> [UInt64] { [] }
}
