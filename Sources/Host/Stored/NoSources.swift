import Formats
import FrameDecoding

/// For profiles that are read again: they may be of another machine, or made to name any file of this one,
/// which then would go with the report to whomever it is sent.
final class NoSources: SourceFiles {
    func add(_ process: ProfiledProcess) {}

    func read(_ path: String) -> SourceText {
        SourceText(text: nil, note: "The source is not read for a profile that was converted.")
    }
}
