import Glibc
import System

/// What a processor architecture is like, as far as pyflame has to know. One file for each; nothing else in pyflame
/// asks which one it is.
///
/// A target runs on the machine that pyflame runs on (`RunningMachine`); a core dump or an ELF file may come from another
/// one (`architecture(ofElf:)`).
package protocol Architecture: Sendable {
    /// For people: `x86-64`.
    static var name: String { get }
    /// `e_machine` of its ELF files (EM_* in elf.h).
    static var elfMachine: UInt16 { get }

    // MARK: Memory

    /// Whether another processor's stores are seen in the order in which they were made. Where they are not, words that a
    /// thread wrote on another processor may be older than what it wrote before them.
    static var showsStoresInOrder: Bool { get }

    // MARK: Threads

    /// Whether pthread_self() is the thread pointer; elsewhere it lies below it, by the size of a struct of the C library.
    static var selfIsThreadPointer: Bool { get }
    /// Whether what the thread pointer points to begins with the thread pointer.
    static var threadPointsToItself: Bool { get }
    /// Where glibc's `struct pthread` (nptl/descr.h), which is at pthread_self(), has the kernel's thread id: bytes.
    static var kernelIDInPthread: UInt64 { get }
    /// Where it has a pointer to itself; nil where it has none. Bytes.
    static var selfInPthread: UInt64? { get }

    /// Registers of a thread that is held by ptrace; nil where they cannot be read.
    static func registers(of tid: pid_t, _ kernel: any Kernel) -> Registers?
    static func threadPointer(of tid: pid_t, _ kernel: any Kernel) -> UInt64?
    /// The same of a core dump's thread, from its note NT_PRSTATUS; nil where the note does not have it.
    static func threadPointer(inStatusNote note: UnsafeRawBufferPointer) -> UInt64?

    // MARK: System calls

    /// Whether `takeUpCall` can do what it is for.
    static var repairsCalls: Bool { get }
    /// For a thread that our own interrupt has just stopped: if that cut short a system call which the kernel ends with
    /// EINTR then, makes the kernel take it up again when the thread goes on, as it does with most calls by itself. 1 when
    /// it did, 0 when there was nothing to do, -ESRCH when the thread does not stand still.
    static func takeUpCall(of tid: pid_t, _ kernel: any Kernel) -> Int32

    // MARK: Code

    /// The address of the variable that the function with this `code` at `address` returns, when that is all that it
    /// does; nil when the code looks different.
    static func variable(returnedBy code: [UInt8], at address: UInt64) -> UInt64?
    /// The variables that functions in this `code` at `address` exchange with their first argument, when that is all that
    /// they do.
    static func variables(exchangedIn code: [UInt8], at address: UInt64) -> [UInt64]
    /// Bytes of the longest form of such a function; 0 where none is known.
    static var longestExchange: Int { get }
}

/// The registers that tell where a thread is.
package struct Registers: Equatable, Sendable {
    package var programCounter: UInt64
    package var stackPointer: UInt64
    package var threadPointer: UInt64

    package init(programCounter: UInt64, stackPointer: UInt64, threadPointer: UInt64) {
        self.programCounter = programCounter
        self.stackPointer = stackPointer
        self.threadPointer = threadPointer
    }
}

/// The architecture of ELF files with this `e_machine`; nil for one that pyflame does not know.
package func architecture(ofElf machine: UInt16) -> (any Architecture.Type)? {
    let all: [any Architecture.Type] = [X86_64.self, AArch64.self]
    return all.first { $0.elfMachine == machine }
}

#if arch(x86_64)
    /// The one that pyflame runs on, and its targets with it.
    package typealias RunningMachine = X86_64
#elseif arch(arm64)
    package typealias RunningMachine = AArch64
#else
    #error("Write a file in Sources/Machine for this processor architecture; Architecture.swift says what is asked.")
#endif
