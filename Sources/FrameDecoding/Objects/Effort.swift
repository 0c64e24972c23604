/// What reading objects may cost in one sample: bounds for each object alone add up to hours where a target has as
/// many of the worst as it can.
final class Effort {
    /// Entries of dicts that are looked at, in all. It is a second at most.
    static let most = 1 << 22
    /// What any object costs, in entries.
    static let object = 16

    private var left = Effort.most
    private var epoch: UInt32 = 0

    /// Begins anew.
    func begin() { left = Self.most }

    /// The same, if this is another sample.
    func begin(sample: UInt32) {
        if sample != epoch { begin() }
        epoch = sample
    }

    /// False when it has been too much already.
    func take(_ count: Int) -> Bool {
        left -= min(count, left)
        return left > 0
    }
}
