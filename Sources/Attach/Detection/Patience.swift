extension Detector {
    /// How hard a candidate is tried.
    package struct Patience {
        package var attempts: Int
        package var allLayouts: Bool
        /// Python frames must be seen; without it, an embedding that sits in C is believed as well.
        package var wantsFrames: Bool
        /// An interpreter that nothing names is searched for in all data: for a quarter of a second or so.
        package var searches = false
        /// The target is as it is and some of it may be lost: most of its threads have to decode.
        package var isForgiving = false

        /// A core dump.
        package static let dead = Patience(
            attempts: 1, allLayouts: true, wantsFrames: false, searches: true, isForgiving: true)
        /// A program that runs: some 50 ms, with every layout.
        package static let thorough = Patience(attempts: 60, allLayouts: true, wantsFrames: false, searches: true)
        /// The same where each file shows what it is.
        package static let unsearched = Patience(attempts: 60, allLayouts: true, wantsFrames: false)
        /// A program that is just starting and will be asked again.
        package static let glance = Patience(attempts: 2, allLayouts: false, wantsFrames: true)
        /// The same, when the first layout has been seen not to fit.
        package static let wideGlance = Patience(attempts: 2, allLayouts: true, wantsFrames: true)
        /// The same, when no file shows an interpreter.
        package static let search = Patience(attempts: 2, allLayouts: true, wantsFrames: true, searches: true)
        /// A layout that is known to fit, as long as nothing else has happened.
        package static let adoption = Patience(attempts: 2, allLayouts: false, wantsFrames: false)
        /// A program that has been starting for so long that it must be an embedding.
        package static let settled = Patience(attempts: 2, allLayouts: true, wantsFrames: false)
    }
}
