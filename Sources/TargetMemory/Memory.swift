import Glibc

/// What a decoder reads from: plain pointer chasing on top of very few system calls.
///
/// A sample begins with `refresh`, which reads again, in one call, everything that recent samples
/// touched (the working set). The decoder then finds most of what it asks for in that copy; what it
/// does not find is read on the spot, a page at a time, and belongs to the working set from the next
/// sample on. Nothing is carried over from one sample to the next but the knowledge of where to look,
/// so what a decoder sees is never stale.
///
/// Pointers that `bytes` returns stay valid until the next `refresh`.
public final class Memory {
    public let source: any MemorySource
    /// What the present sample may still cost.
    public let budget = SampleBudget()
    /// Which sample this is; changes with every `refresh`.
    public var epoch: UInt32 {
        // Inlined into another module, the access would be checked there in spite of the attribute.
        @inline(never) get { currentEpoch }
    }
    @exclusivity(unchecked) private var currentEpoch: UInt32 = 1

    /// The last sample that somebody proved to be of one moment, by `confirm`; 0 for none.
    public private(set) var provenEpoch: UInt32 = 0

    /// One request may not be larger than this: sizes come from the target and may be garbage.
    public static let largestRequest = 1 << 20

    private let workingSet = WorkingSet()
    /// Whether this sample read more than the working set.
    public var hasStrays: Bool { !strays.isEmpty }
    /// Pages that this sample read beyond the working set.
    private var strays: [Stray] = []
    /// By page, the last one that was read with it.
    private var strayAt: [Address: Int] = [:]
    /// Bytes of all of them.
    private var straySize = 0
    /// A sample of a thousand deep stacks takes some 50 MB the first time; what takes more is a trap.
    private static let mostStrayBytes = 128 << 20

    private struct Stray {
        var start: Address
        var end: Address
        var bytes: UnsafeMutableRawPointer
        /// The parts that were asked for; only these join the working set.
        var touched: [AddressRange]
    }

    private static let pageSize: Address = 4096
    private let resident: (any ResidentSource)?

    public init(source: any MemorySource) {
        self.source = source
        resident = source as? any ResidentSource
    }

    /// What was asked for in this sample and was not in the working set, byte for byte: all of it, when
    /// there was no sample before.
    public var asked: [AddressRange] { strays.flatMap(\.touched) }

    deinit {
        releaseStrays()
    }

    /// Works out what the next `refresh` reads. Apart from it, so that it can be done before the
    /// target is stopped; `refresh` calls it when it is due.
    public func prepare() {
        guard !strays.isEmpty || workingSet.isRevisionDue(epoch: currentEpoch) else { return }
        workingSet.revise(epoch: currentEpoch, adding: strays.flatMap(\.touched))
        releaseStrays()
    }

    /// Begins a new sample: reads the working set as it is now. With `witness`, the 32-bit word there is
    /// read after everything else, in the same call, and returned; nil when it could not be read.
    @discardableResult
    public func refresh(witness: Address? = nil) -> UInt32? {
        prepare()
        currentEpoch &+= 1
        budget.begin()
        return workingSet.load(from: source, epoch: currentEpoch, witness: witness)
    }

    /// Says that all of this sample is of one moment: nothing changed while it was read.
    public func confirm() { provenEpoch = currentEpoch }

    /// `count` bytes at `address`, as they are in this sample.
    public func bytes(at address: Address, count: Int) throws(MemoryError) -> UnsafeRawPointer {
        if let known = workingSet.find(address, count, epoch: currentEpoch) { return known }
        return try readStray(address, count)
    }

    /// One value at `address` (no alignment is asked for).
    @inlinable
    public func load<Value: BitwiseCopyable>(
        _ address: Address, as type: Value.Type = Value.self
    ) throws(MemoryError) -> Value {
        try bytes(at: address, count: MemoryLayout<Value>.size).loadUnaligned(as: type)
    }

    /// The pointer stored at `address`.
    @inlinable
    public func pointer(at address: Address) throws(MemoryError) -> Address {
        try load(address, as: Address.self)
    }

    private func readStray(_ address: Address, _ count: Int) throws(MemoryError) -> UnsafeRawPointer {
        let (end, overflow) = address.addingReportingOverflow(Address(max(count, 0)))
        guard count > 0, !overflow, address >= Self.pageSize, end < 1 << 56 else {
            throw MemoryError(address: address, count: count, errno: EFAULT)
        }
        guard count <= Self.largestRequest else {
            throw MemoryError(address: address, count: count, errno: E2BIG)
        }
        if let resident {
            if let bytes = resident.resident(address, count) { return bytes }
            throw MemoryError(address: address, count: count, errno: EFAULT)
        }
        // Whole pages cost no more than a few words, and the next pointer often leads near by.
        let start = address & ~(Self.pageSize - 1)
        if let index = strayAt[start], end <= strays[index].end {
            strays[index].touched.append(AddressRange(start: address, count: count))
            return UnsafeRawPointer(strays[index].bytes + Int(address - strays[index].start))
        }
        let pagesEnd = (end + Self.pageSize - 1) & ~(Self.pageSize - 1)
        let size = Int(pagesEnd - start)
        guard straySize + size <= Self.mostStrayBytes else {
            throw MemoryError(address: address, count: count, errno: E2BIG)
        }
        guard budget.takeStep() else {
            throw MemoryError(address: address, count: count, errno: ETIMEDOUT)
        }
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        let copied = source.read(AddressRange(start: start, count: size), into: bytes)
        let readEnd = start + Address(max(copied, 0))
        guard readEnd >= end else {
            bytes.deallocate()
            throw MemoryError(
                address: address, count: count, errno: copied < 0 ? Int32(-copied) : EFAULT)
        }
        straySize += size
        for page in stride(from: start, to: pagesEnd, by: Int(Self.pageSize)) {
            strayAt[page] = strays.count
        }
        strays.append(
            Stray(
                start: start, end: readEnd, bytes: bytes,
                touched: [AddressRange(start: address, count: count)]))
        return UnsafeRawPointer(bytes + Int(address - start))
    }

    private func releaseStrays() {
        for stray in strays { stray.bytes.deallocate() }
        strays.removeAll(keepingCapacity: true)
        strayAt.removeAll(keepingCapacity: true)
        straySize = 0
    }
}
