import FrameDecoding
import TargetMemory

/// A way to be sure that threads stand still while memory is read. Decoders and sinks do not know which
/// one is in use.
///
/// A sample calls `hold` for each thread that may change what is read, reads, asks whether they all
/// stood still, and calls `release` at its end, whatever came of it.
protocol Stillness: AnyObject {
    /// Whether threads in system calls are left alone.
    var isGentle: Bool { get set }
    /// Ids that several thread states have: such a state may be run by any of the kernel's threads, so all
    /// of the process has to stand still for it.
    var sharedIDs: Set<UInt64> { get set }
    /// Sees to it that `threads` stand still as well; false when that cannot be had now.
    func hold(_ threads: [ThreadState]) -> Bool
    /// The same for the thread that most likely holds the GIL, before anybody looked; false when it is
    /// seen at once that it does not run.
    func hold(likely thread: ThreadState) -> Bool
    /// Reads all of `memory` anew; false when it is seen already that it was in vain.
    func refresh(_ memory: Memory) -> Bool
    /// Whether all that were held have stood still through all that was read; `readingMore` when something was
    /// read after `refresh`.
    func wasUnbroken(readingMore: Bool) -> Bool
    /// Lets everybody go on.
    func release()

    /// Whether `thread` is among those held.
    func holds(_ thread: ThreadState) -> Bool
    /// Those of the threads held that sit in a system call, as far as is known.
    var blocked: [ThreadState] { get }
    /// Whether nobody is made to stand still: those that are held may go on as soon as this thread lets them.
    var isWatching: Bool { get }
    /// How often it turned out that somebody had moved.
    var rejected: Int { get }
}
