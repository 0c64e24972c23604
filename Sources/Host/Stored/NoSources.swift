import Formats
import FrameDecoding

/// For profiles that are read again: they may be of another machine, or made to name any file of this one,
/// which then would go with the report to whomever it is sent.
final class NoSources: SourceFiles {
    func place(of process: Int32) -> Int? { nil }

    func read(_ path: String, of process: Int32) -> SourceText {
        SourceText(text: nil, note: "The source is not read for a profile that was converted.")
    }
}
