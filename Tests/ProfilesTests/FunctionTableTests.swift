import FrameDecoding
import Testing

@testable import Profiles

struct FunctionTableTests {
    private func table(_ list: [Frame]) -> (functions: [FunctionTable.Function], of: [UInt32]) {
        let frames = FrameTable()
        var table = FunctionTable(frames: frames)
        let ids = list.map { table.function(of: frames.intern($0)).index }
        return (table.functions, ids)
    }

    @Test func linesOfOneFunctionAreOne() {
        let (functions, ids) = table([
            Frame(file: "a.py", name: "f", line: 9, firstLine: 3), Frame(file: "a.py", name: "f", line: 4, firstLine: 3),
            Frame(file: "b.py", name: "f", line: 4, firstLine: 3),
        ])
        #expect(ids == [0, 0, 1])
        #expect(functions.map(\.line) == [3, 3])
    }

    @Test func functionsOfOneNameAreToldApart() {
        let (_, ids) = table([
            Frame(file: "a.py", name: "<lambda>", line: 3, firstLine: 3),
            Frame(file: "a.py", name: "<lambda>", line: 8, firstLine: 8),
        ])
        #expect(ids == [0, 1])
    }

    @Test func withoutAFirstLineTheLowestSeenStands() {
        let (functions, ids) = table([
            Frame(file: "a.py", name: "f", line: 0), Frame(file: "a.py", name: "f", line: 9),
            Frame(file: "a.py", name: "f", line: 5), Frame(file: "a.py", name: "f", line: 7),
        ])
        #expect(ids == [0, 0, 0, 0])
        #expect(functions.map(\.line) == [5])
    }
}
