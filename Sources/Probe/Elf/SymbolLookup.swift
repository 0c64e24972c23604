/// Finds dynamic symbols by name, through the hash table that the dynamic loader uses, so that a
/// few words are read and no table.
struct SymbolLookup<Reader: ByteReader> {
    private let reader: Reader
    private let dynamic: DynamicSegment
    private let table: Table

    private enum Table {
        /// Bloom filter and buckets as in DT_GNU_HASH.
        case gnu(
            bloom: UInt64, bloomCount: UInt64, bloomShift: UInt32, buckets: UInt64,
            bucketCount: UInt32, firstSymbol: UInt32)
        case systemV(buckets: UInt64, bucketCount: UInt32, chainCount: UInt32)
    }

    /// Chains of real files have a handful of symbols.
    private static var longestChain: Int { 512 }
    /// Bytes of a symbol (Elf64_Sym).
    private static var symbolSize: UInt64 { 24 }

    /// Nil when the image has no hash table that makes sense.
    init?(_ dynamic: DynamicSegment, reader: Reader) {
        self.reader = reader
        self.dynamic = dynamic
        guard dynamic.symbols != 0, dynamic.strings != 0 else { return nil }
        if let start = dynamic.gnuHash, let head = reader.bytes(at: start, count: 16),
            let buckets: UInt32 = head.load(0), let first: UInt32 = head.load(4),
            let bloomCount: UInt32 = head.load(8), let shift: UInt32 = head.load(12),
            buckets > 0, bloomCount > 0, bloomCount & (bloomCount - 1) == 0, shift < 32
        {
            let bloom = start &+ 16
            table = .gnu(
                bloom: bloom, bloomCount: UInt64(bloomCount), bloomShift: shift,
                buckets: bloom &+ UInt64(bloomCount) * 8, bucketCount: buckets, firstSymbol: first)
        } else if let start = dynamic.systemVHash, let head = reader.bytes(at: start, count: 8),
            let buckets: UInt32 = head.load(0), let chains: UInt32 = head.load(4), buckets > 0
        {
            table = .systemV(buckets: start &+ 8, bucketCount: buckets, chainCount: chains)
        } else {
            return nil
        }
    }

    /// The value of a symbol that this image defines (before relocation); nil when it does not.
    func value(of name: String) -> UInt64? {
        switch table {
        case .gnu(let bloom, let bloomCount, let shift, let buckets, let bucketCount, let first):
            let hash = gnuHash(name)
            let word = bloom &+ UInt64(hash / 64) % bloomCount * 8
            guard let bits: UInt64 = reader.load(word),
                bits >> UInt64(hash % 64) & bits >> UInt64((hash >> shift) % 64) & 1 == 1,
                let start: UInt32 = reader.load(buckets &+ UInt64(hash % bucketCount) * 4),
                start >= first, start != 0
            else { return nil }
            let chains = buckets &+ UInt64(bucketCount) * 4
            for step in 0..<UInt64(Self.longestChain) {
                let index = UInt64(start) + step
                guard let link: UInt32 = reader.load(chains &+ (index - UInt64(first)) * 4) else {
                    return nil
                }
                if link | 1 == hash | 1, let value = symbol(index, named: name) { return value }
                if link & 1 == 1 { return nil }
            }
            return nil
        case .systemV(let buckets, let bucketCount, let chainCount):
            let hash = systemVHash(name)
            var link: UInt32? = reader.load(buckets &+ UInt64(hash % bucketCount) * 4)
            let chains = buckets &+ UInt64(bucketCount) * 4
            for _ in 0..<Self.longestChain {
                guard let index = link, index != 0, index < chainCount else { return nil }
                if let value = symbol(UInt64(index), named: name) { return value }
                link = reader.load(chains &+ UInt64(index) * 4)
            }
            return nil
        }
    }

    /// The value of symbol `index` if it has that name and is defined, as code or data, here.
    private func symbol(_ index: UInt64, named name: String) -> UInt64? {
        guard
            let bytes = reader.bytes(
                at: dynamic.symbols &+ index &* Self.symbolSize, count: Int(Self.symbolSize)),
            let symbol = ElfSymbol(bytes, at: 0), symbol.isPlace,
            UInt64(symbol.name) < dynamic.stringsSize,
            let found = reader.bytes(
                at: dynamic.strings &+ UInt64(symbol.name), count: name.utf8.count + 1),
            found.last == 0, found.dropLast().elementsEqual(name.utf8)
        else { return nil }
        return symbol.value
    }
}

/// One entry of a symbol table (Elf64_Sym).
struct ElfSymbol {
    /// Where its name begins in the string table.
    var name: UInt32
    var info: UInt8
    var section: UInt16
    var value: UInt64

    init?(_ bytes: [UInt8], at offset: Int) {
        guard let name: UInt32 = bytes.load(offset), let info: UInt8 = bytes.load(offset + 4),
            let section: UInt16 = bytes.load(offset + 6), let value: UInt64 = bytes.load(offset + 8)
        else { return nil }
        self.init(name: name, info: info, section: section, value: value)
    }

    init(name: UInt32, info: UInt8, section: UInt16, value: UInt64) {
        self.name = name
        self.info = info
        self.section = section
        self.value = value
    }

    /// Defined here (not SHN_UNDEF), and an address: not thread-local, a section or a file name.
    var isPlace: Bool { section != 0 && info & 15 <= 2 && value != 0 }
    var isLocal: Bool { info >> 4 == 0 }
}

/// The hash of DT_GNU_HASH.
func gnuHash(_ name: String) -> UInt32 {
    name.utf8.reduce(5381) { $0 &* 33 &+ UInt32($1) }
}

/// The hash of DT_HASH.
func systemVHash(_ name: String) -> UInt32 {
    name.utf8.reduce(0) { sum, byte in
        let next = (sum << 4) &+ UInt32(byte)
        return (next ^ (next & 0xf000_0000) >> 24) & 0x0fff_ffff
    }
}
