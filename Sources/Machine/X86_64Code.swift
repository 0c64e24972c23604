// Instructions are read, not run.
extension X86_64 {
    private static func int32(_ code: [UInt8], _ index: Int) -> Int32? {
        guard index + 4 <= code.count else { return nil }
        return code.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index, as: Int32.self) }
    }

    /// `mov disp32(%rip),%rax`, and before it at most a few bytes.
    package static func variable(returnedBy code: [UInt8], at address: UInt64) -> UInt64? {
        var at = 0
        func skip(_ bytes: [UInt8]) {
            if code[at...].starts(with: bytes) { at += bytes.count }
        }
        guard code.count >= 8 else { return nil }
        skip([0xf3, 0x0f, 0x1e, 0xfa])  // endbr64
        skip([0x55, 0x48, 0x89, 0xe5])  // push %rbp; mov %rsp,%rbp (not optimized)
        // Builds with instrumentation have something in between, but not much.
        while at + 7 <= min(code.count, 24) {
            if code[at...].starts(with: [0x48, 0x8b, 0x05]), let operand = int32(code, at + 3) {
                return address &+ UInt64(at + 7) &+ UInt64(bitPattern: Int64(operand))
            }
            at += 1
        }
        return nil
    }

    package static let longestExchange = 17

    package static func variables(exchangedIn code: [UInt8], at address: UInt64) -> [UInt64] {
        guard code.count >= longestExchange else { return [] }
        return (0...(code.count - longestExchange)).compactMap { offset in
            guard code[offset] == 0x48 else { return nil }
            return variable(exchangedBy: code[offset..<offset + longestExchange], at: address &+ UInt64(offset))
        }
    }

    /// `code` is as long as `longestExchange`.
    static func variable(exchangedBy code: ArraySlice<UInt8>, at address: UInt64) -> UInt64? {
        let code = Array(code)
        guard code.count >= longestExchange, code[0] == 0x48, code[2] == 0x05, let operand = int32(code, 3)
        else { return nil }
        let place = address &+ 7 &+ UInt64(bitPattern: Int64(operand))
        switch code[1] {
        case 0x8b:
            // mov place(%rip),%rax; mov %rdi,place(%rip); ret
            guard code[7...].starts(with: [0x48, 0x89, 0x3d]), let second = int32(code, 10),
                Int64(second) + 7 == Int64(operand), code[14] == 0xc3
            else { return nil }
            return place
        case 0x8d:
            // lea place(%rip),%rax; mov (%rax),REG; mov %rdi,(%rax); mov REG,%rax; ret
            guard code[7] & 0xfb == 0x48, code[8] == 0x8b, code[9] & 0xc7 == 0,
                code[10...].starts(with: [0x48, 0x89, 0x38]), code[13] & 0xfb == 0x48,
                code[14] == 0x89, code[15] & 0xc7 == 0xc0, code[16] == 0xc3
            else { return nil }
            return place
        default: return nil
        }
    }
}
