import Formats
import FrameDecoding
import Testing

@testable import Host

let someABIs = ["26", "27", "36", "311", "315"].compactMap { ABI($0) }

func parse(_ line: String) throws(UsageError) -> Options {
    try Options.parse(arguments: line.split(separator: " ").map(String.init), supported: someABIs)
}

/// The error of a command line, as text; empty when there is none. (That `#expect(throws:)` returns the
/// error is too new for Swift 6.0.)
private func complaint(_ arguments: [String]) -> String {
    do {
        _ = try Options.parse(arguments: arguments, supported: someABIs)
        return ""
    } catch {
        return error.description
    }
}

private func complaint(_ line: String) -> String {
    complaint(line.split(separator: " ").map(String.init))
}

/// getopt keeps its state in globals: one command line at a time, as in the program.
@Suite(.serialized) struct ParseTests {
    @Test func defaults() throws {
        let options = try parse("-p 12")
        var expected = Options()
        expected.pid = 12
        #expect(options == expected)
        #expect(options.interval == 10_000_000 && options.duration == 1_000_000_000)
        #expect(options.mode == .gil && options.lineNumbers && options.format == .folded)
    }

    @Test(arguments: [
        "-p 12 -r 0.002 -s 5 -x -n -o f.txt --threads --abi 36",
        "--pid=12 --rate=2ms --seconds=5s --exclude-idle --no-line-numbers --output=f.txt --threads --abi=3.6",
        "-xn -p12 -r500Hz -s5 -of.txt --threads --abi 36",
        "--threads --pid 12 --rate 2e-3 --seconds 5000ms --exclude --no-line --out f.txt -x --abi 36",
    ])
    func manyWaysToSayIt(line: String) throws {
        let options = try parse(line)
        #expect(options.pid == 12 && options.interval == 2_000_000 && options.duration == 5_000_000_000)
        #expect(options.excludeIdle && !options.lineNumbers && options.mode == .wall)
        #expect(options.output == "f.txt" && options.abi == ABI("36") && options.warnings.isEmpty)
    }

    @Test func modes() throws {
        #expect(try parse("-p 1 --mode gil").mode == .gil)
        #expect(try parse("-p 1 --mode=cpu").mode == .cpu)
        #expect(try parse("-p 1 --threads --mode wall --mode wall").mode == .wall)
        #expect(try parse("-d -p 1 --mode wall").mode == .wall)
        #expect(try parse("-p 1 --thread-names").threadNames)
        for line in [
            "-p 1 --threads --mode cpu", "-p 1 --mode gil --threads", "-d -p 1 --mode cpu", "-p 1 --mode cpu --mode gil",
            "-d -p 1 --thread-names",
        ] {
            #expect(complaint(line).hasPrefix("not mutually compatible"), "\(line): \(complaint(line))")
        }
        #expect(complaint("-p 1 --mode idle").hasPrefix("failed to parse mode \"idle\": one of gil, wall, cpu"))
    }

    @Test func dumpImpliesThreads() throws {
        let options = try parse("-d -p 1")
        #expect(options.dump && options.mode == .wall)
    }

    @Test(arguments: ["123 -s 5", "-s 5 123", "-s 5 -- 123"])
    func aPIDAlone(line: String) throws {
        let options = try parse(line)
        #expect(options.pid == 123 && options.duration == 5_000_000_000)
        #expect(options.warnings == ["WARNING: Specifying a PID to trace without -p is deprecated"])
    }

    @Test(arguments: [
        ("-t python -t x -p 3", ["python", "-t", "x", "-p", "3"]),
        ("-n --trace python --version", ["python", "--version"]),
        ("-nt python", ["python"]), ("-t -- sh -c x", ["sh", "-c", "x"]),
        ("-x -t ./a -- -h", ["./a", "--", "-h"]),
    ])
    func aCommand(line: String, command: [String]) throws {
        let options = try parse(line)
        #expect(options.command == command && options.pid == nil)
        let words = line.split(separator: " ").map(String.init)
        #expect(options.commandStart.map { Array(words[$0...]) } == command)
    }

    @Test func helpAndVersionComeFirst() throws {
        #expect(try parse("-h").showHelp)
        #expect(try parse("-p junk --help --bogus").showHelp)
        #expect(try parse("-v").showVersion)
        #expect(try parse("-p 1 -d --version").showVersion)
        #expect(try !parse("-t python -h").showHelp)
    }

    @Test(arguments: [
        ("", "no PID"), ("1 2", "too many arguments"), ("-p 1 2", "too many arguments"),
        ("--foo", "unknown option --foo"), ("-q", "unknown option -q"), ("-1", "unknown option -1"),
        ("-p", "option -p needs a value"), ("--pid", "option --pid needs a value"),
        ("--dump=1 -p 2", "option --dump takes no value"), ("--t -p 1", "ambiguous"),
        ("-tn python", "without a space"), ("-p 1 --output=", "needs a file name"),
    ])
    func usage(line: String, cause: String) {
        let error = complaint(line)
        #expect(error.hasPrefix("Usage: "))
        #expect(error.contains(cause), "\(error)")
    }

    @Test(arguments: ["-t", "--trace", "-n -t", "-t --"])
    func noCommand(line: String) {
        let error = complaint(line)
        let beginning = "Option -t requires a command to run.\nUsage: "
        #expect(error.hasPrefix(beginning))
    }

    @Test(arguments: [
        "-p -1", "-p 0", "0", "word", "-p word", "-p 1x", "-p +1", "-p 1.0",
        "-p 1606938044258990275541962092341162602522202993782792835301376",
        "-p 1 -s -1", "-p 1 -s x", "-p 1 -s 1d", "-p 1 -s nan", "-p 1 -s inf", "-p 1 -s 0x1",
        "-p 1 -s 1e30", "-p 1 -s 1e999", "-p 1 -s 1.2.3", "-p 1 -s 5Hz", "-p 1 -s s", "-p 1 -s .",
        "-p 1 -r 0", "-p 1 -r 0Hz", "-p 1 -r -0.1", "-p 1 -r nan", "-p 1 -r 1e-30", "-p 1 -r 0.01x",
        "-p 1 -r 1e999Hz", "-p 1 -r 1e-300Hz",
        "-p 1 --format svgg", "-p 1 --layout guess",
    ])
    func junk(line: String) {
        let error = complaint(line)
        #expect(error.hasPrefix("failed to parse "))
    }

    @Test func emptyValues() {
        for arguments in [["-p", ""], [""], ["-p", "1", "-s", ""], ["-p", "1", "-r", " 1"]] {
            let error = complaint(arguments)
            #expect(error.hasPrefix("failed to parse "))
        }
    }

    @Test(arguments: ["99", "35", "3", "x", "3.66", "-27", "312"])
    func unknownABI(text: String) {
        let error = complaint("-p 1 --abi=\(text)")
        let beginning = "Unknown or unsupported ABI version: \(text)\n"
        #expect(error.hasPrefix(beginning))
    }

    @Test(arguments: [
        "-p 1 -t python", "-d -t python", "-s 3 -t python", "1 -t python", "--probe -t python",
        "-p 1 --probe -d", "-p 1 --flamechart --format folded",
    ])
    func incompatible(line: String) {
        let error = complaint(line)
        #expect(error.hasPrefix("not mutually compatible"))
    }

    @Test(arguments: [
        ("", OutputFormat.folded), ("--flamechart", .flamechart), ("--format cpuprofile", .cpuprofile),
        ("-o a.cpuprofile", .cpuprofile), ("-o a.callgrind", .callgrind), ("-o a.JSON", .chrometrace), ("-o a.txt", .folded),
        ("-o a.speedscope.json", .speedscope), ("-o a.json.gz", .firefox), ("-o a.pb.gz", .pprof), ("-o a.jsonl", .jsonl),
        ("-o a.json --format folded", .folded), ("-o a.json --flamechart", .flamechart),
        ("--flamechart --format flamechart", .flamechart),
    ])
    func formats(line: String, format: OutputFormat) throws {
        #expect(try parse("-p 1 " + line).format == format)
    }

    @Test(arguments: [
        ("-d", false), ("-d --format json", true), ("-d -o a.json", true), ("-d -o a.json --format folded", false),
        ("-d -o a.txt", false),
    ])
    func dumpsAsJSON(arguments: String, expected: Bool) throws {
        #expect(try parse("-p 1 " + arguments).dumpsJSON == expected)
    }

    @Test func storedProfiles() throws {
        let converted = try parse("--convert a.folded -o b.svg -r 1ms")
        #expect(converted.convert == "a.folded" && converted.format == .svg && converted.givenInterval == 1_000_000)
        let compared = try parse("--diff a b")
        #expect(compared.diff == Options.Comparison(before: "a", after: "b") && compared.chosenFormat == nil)
        #expect(try parse("--diff a -o x.svg b").diff == compared.diff)
        for line in ["--diff a", "--diff a b c", "--convert a b", "--convert="] {
            #expect(complaint(line).hasPrefix("Usage: "), "\(line)")
        }
        for line in ["--convert a -p 1", "--convert a -s 1", "--diff a b --convert c", "--diff a b -o x.pb.gz", "--diff a b -d"] {
            #expect(complaint(line).hasPrefix("not mutually compatible"), "\(line)")
        }
    }

    @Test func jsonIsNoProfile() {
        #expect(complaint("--format=json -p 1").contains("--format=json is for --dump"))
    }

    @Test func theRest() throws {
        let options = try parse("-p 1 --stats --probe --layout dwarf")
        #expect(options.stats && options.probe && options.layout == .dwarf)
        #expect(try parse("-p 1 --layout auto").layout == nil)
    }
}

struct ValuesTests {
    @Test(arguments: [
        ("30", 30_000_000_000), ("0.5", 500_000_000), ("30s", 30_000_000_000), ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000), ("10ms", 10_000_000), ("500us", 500_000), ("500µs", 500_000),
        ("0", 0), ("0.0", 0), ("1e-3", 1_000_000), ("1e3ms", 1_000_000_000), (".5", 500_000_000),
        ("5.", 5_000_000_000), ("1e-12", 1),
    ] as [(String, UInt64)])
    func durations(text: String, expected: UInt64) throws {
        #expect(try Values.duration(text) == expected)
    }

    @Test(arguments: [
        ("0.01", 10_000_000), ("10ms", 10_000_000), ("100Hz", 10_000_000), ("1kHz", 1_000_000),
        ("100hz", 10_000_000), ("0.5Hz", 2_000_000_000), ("3Hz", 333_333_333), ("1", 1_000_000_000),
    ] as [(String, UInt64)])
    func intervals(text: String, expected: UInt64) throws {
        #expect(try Values.interval(text) == expected)
    }
}
