import FrameDecoding
import StandardDecoders
import Testing

@testable import Host

struct NonblockingOptionTests {
    private func parse(_ line: String) throws -> Options {
        try Options.parse(arguments: line.split(separator: " ").map(String.init), supported: standardDecoders.supportedABIs)
    }

    @Test func isTaken() throws {
        #expect(try parse("-p 1 --nonblocking --threads").nonblocking)
        #expect(try parse("-d -p 1 --nonblocking").nonblocking)
        #expect(try !parse("-p 1").nonblocking)
    }

    @Test(arguments: ["--nonblocking -t x", "-p 1 --nonblocking --subprocesses", "-p 1 --nonblocking --record x"])
    func isNotTakenWith(_ line: String) {
        #expect { try parse(line) } throws: { "\($0)".contains("not mutually compatible") }
    }
}
