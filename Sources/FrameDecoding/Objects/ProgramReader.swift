import TargetMemory

/// Reads what a program's objects say beyond its stacks. A decoder has one when its layout is known
/// so far (`FrameDecoder.program`); to be used while the target stands still, as for stacks.
public final class ProgramReader {
    let layout: ProgramLayout
    let objects: ObjectReader
    let walk: ThreadWalk

    public init(layout: ProgramLayout, code: CodeReader, walk: ThreadWalk) {
        self.layout = layout
        objects = ObjectReader(layout: layout.objects, code: code)
        self.walk = walk
    }
}
