import TargetMemory

/// Finds `PyThreadState_Swap` by its code, and with it `_PyThreadState_Current`, in programs before CPython 3.7: it
/// does nothing but exchange that variable for its argument. x86-64 only; instructions are read, not run.
enum SwapFunction {
    private static let pieceSize: UInt64 = 512 << 10
    /// The longest form of the function.
    private static let length = 17

    /// Addresses in the target of variables that some function of the image exchanges so.
    static func variables(in image: MappedImage, _ memory: SearchMemory) -> [Address] {
        guard image.header.machine == ElfHeader.x86_64 else { return [] }
        var found: [Address] = []
        for mapping in image.mappings where mapping.executable && mapping.readable {
            var at = mapping.start
            while at < mapping.end,
                let code = memory.piece(at, count: Int(min(pieceSize, mapping.end - at)))
            {
                collect(code, at: at, &found)
                // So that what straddles two pieces is seen whole in one.
                guard code.count > length, at + UInt64(code.count) < mapping.end else { break }
                at += UInt64(code.count - length)
            }
        }
        return found
    }

    private static func collect(_ code: [UInt8], at address: Address, _ found: inout [Address]) {
        guard code.count >= length else { return }
        for offset in 0...(code.count - length) where code[offset] == 0x48 {
            if let place = variable(code[offset..<offset + length], at: address &+ UInt64(offset)) {
                found.append(place)
            }
        }
    }

    /// The variable that the code at `address` exchanges with its first argument.
    static func variable(_ code: ArraySlice<UInt8>, at address: Address) -> Address? {
        let code = Array(code)
        guard code.count >= length, code[2] == 0x05, let operand: Int32 = code.load(3) else { return nil }
        let place = address &+ 7 &+ UInt64(bitPattern: Int64(operand))
        switch code[1] {
        case 0x8b:
            // mov place(%rip),%rax; mov %rdi,place(%rip); ret
            guard code[7...].starts(with: [0x48, 0x89, 0x3d]), let second: Int32 = code.load(10),
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
