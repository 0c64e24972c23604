import Machine
import TargetMemory

/// Finds `PyThreadState_Swap` by its code, and with it `_PyThreadState_Current`, in programs before CPython 3.7: it
/// does nothing but exchange that variable for its argument. Instructions are read, not run.
enum SwapFunction {
    private static let pieceSize: UInt64 = 512 << 10

    /// Addresses in the target of variables that some function of the image exchanges so.
    static func variables(in image: MappedImage, _ memory: SearchMemory) -> [Address] {
        guard let machine = architecture(ofElf: image.header.machine), machine.longestExchange > 0 else { return [] }
        let length = machine.longestExchange
        var found: [Address] = []
        for mapping in image.mappings where mapping.executable && mapping.readable {
            var at = mapping.start
            while at < mapping.end,
                let code = memory.piece(at, count: Int(min(pieceSize, mapping.end - at)))
            {
                found += machine.variables(exchangedIn: code, at: at)
                // So that what straddles two pieces is seen whole in one.
                guard code.count > length, at + UInt64(code.count) < mapping.end else { break }
                at += UInt64(code.count - length)
            }
        }
        return found
    }
}
