import Glibc
import System

package enum X86_64: Architecture {
    package static let name = "x86-64"
    package static let elfMachine: UInt16 = 62  // EM_X86_64

    package static let showsStoresInOrder = true

    package static let selfIsThreadPointer = true
    package static let threadPointsToItself = true
    /// Behind tcbhead_t (704 bytes) and a list; unchanged since glibc 2.4.
    package static let kernelIDInPthread: UInt64 = 720
    /// tcbhead_t.self.
    package static let selfInPthread: UInt64? = 16

    /// Indices of words in `struct user_regs_struct` (sys/user.h).
    private enum Register {
        static let rax = 10
        static let originalRax = 15
        static let rip = 16
        static let rsp = 19
        static let fsBase = 21
        static let count = 27
    }

    /// NT_PRSTATUS in elf.h.
    private static let generalRegisters: Int32 = 1
    /// Where `struct elf_prstatus` has the registers.
    private static let registersInStatusNote = 112

    package static func registers(of tid: pid_t, _ kernel: any Kernel) -> Registers? {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Register.count) { words in
            guard kernel.readRegisters(of: tid, set: generalRegisters, into: UnsafeMutableRawBufferPointer(words)) == 0
            else { return nil }
            return Registers(
                programCounter: words[Register.rip], stackPointer: words[Register.rsp],
                threadPointer: words[Register.fsBase])
        }
    }

    package static func threadPointer(of tid: pid_t, _ kernel: any Kernel) -> UInt64? {
        registers(of: tid, kernel)?.threadPointer
    }

    package static func threadPointer(inStatusNote note: UnsafeRawBufferPointer) -> UInt64? {
        let place = registersInStatusNote + Register.fsBase * 8
        return place + 8 <= note.count ? note.loadUnaligned(fromByteOffset: place, as: UInt64.self) : nil
    }

    package static let repairsCalls = true

    /// The calls that end with EINTR after a mere stop (signal(7), "Interruption of system calls by stop signals"), when
    /// they have done nothing yet. Not close or connect: they have, and must not be made twice.
    private static let callsCutShortByStops: Set<Int> = [
        232, 281, 441,  // epoll_wait, epoll_pwait, epoll_pwait2
        0, 19, 45, 47, 299,  // read, readv, recvfrom, recvmsg, recvmmsg
        43, 288,  // accept, accept4
        1, 20, 44, 46,  // write, writev, sendto, sendmsg
        65, 220, 128,  // semop, semtimedop, rt_sigtimedwait
        208, 333, 426,  // io_getevents, io_pgetevents, io_uring_enter
    ]
    /// The kernel's own ERESTARTNOHAND, not in any header: "again, unless a handler ran; then EINTR".
    private static let restartUnlessHandled = -514

    package static func takeUpCall(of tid: pid_t, _ kernel: any Kernel) -> Int32 {
        var call = 0
        var result = kernel.peekUser(tid, offset: Register.originalRax * 8, word: &call)
        if result != 0 { return result }
        guard call >= 0, callsCutShortByStops.contains(call) else { return 0 }
        var returned = 0
        result = kernel.peekUser(tid, offset: Register.rax * 8, word: &returned)
        if result != 0 { return result }
        guard returned == -Int(EINTR) else { return 0 }
        result = kernel.pokeUser(tid, offset: Register.rax * 8, word: restartUnlessHandled)
        return result == 0 ? 1 : result
    }
}
