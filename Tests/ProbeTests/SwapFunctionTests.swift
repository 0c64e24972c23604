import Testing

@testable import Machine

/// The code of `PyThreadState_Swap`, as compilers have written it.
struct SwapFunctionTests {
    private let at: UInt64 = 0x4000

    /// mov place(%rip),%rax; mov %rdi,place(%rip); ret
    @Test func exchangedInPlace() {
        // CPython 3.5 with GCC 12: 0x4007 + 0x192949, and the same place seen from behind the second instruction.
        let code: [UInt8] = [
            0x48, 0x8b, 0x05, 0x49, 0x29, 0x19, 0x00, 0x48, 0x89, 0x3d, 0x42, 0x29, 0x19, 0x00, 0xc3, 0x90, 0x90,
        ]
        #expect(X86_64.variable(exchangedBy: code[...], at: at) == at + 7 + 0x192949)
        var other = code
        other[10] = 0x43  // another variable is written
        #expect(X86_64.variable(exchangedBy: other[...], at: at) == nil)
        other = code
        other[14] = 0x90  // it goes on
        #expect(X86_64.variable(exchangedBy: other[...], at: at) == nil)
        #expect(X86_64.variable(exchangedBy: code.dropLast(), at: at) == nil)
    }

    /// lea place(%rip),%rax; mov (%rax),REG; mov %rdi,(%rax); mov REG,%rax; ret
    @Test func exchangedByAddress() {
        let withR8: [UInt8] = [
            0x48, 0x8d, 0x05, 0x79, 0xce, 0x2a, 0x00, 0x4c, 0x8b, 0x00, 0x48, 0x89, 0x38, 0x4c, 0x89, 0xc0, 0xc3,
        ]
        #expect(X86_64.variable(exchangedBy: withR8[...], at: at) == at + 7 + 0x2ace79)
        let withRDX: [UInt8] = [
            0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff, 0x48, 0x8b, 0x10, 0x48, 0x89, 0x38, 0x48, 0x89, 0xd0, 0xc3,
        ]
        // Operands are signed: seven bytes back.
        #expect(X86_64.variable(exchangedBy: withRDX[...], at: at) == at)
        var reading = withRDX
        reading[11] = 0x8b  // nothing is written
        #expect(X86_64.variable(exchangedBy: reading[...], at: at) == nil)
    }
}
