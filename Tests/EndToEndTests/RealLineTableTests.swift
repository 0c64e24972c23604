import Foundation
import FrameDecoding
import TestSupport
import Testing

/// Line tables of real functions, against what the interpreter itself reads from them.
@Suite(.serialized) struct RealLineTableTests {
    /// Prints, for every code object of some modules: first line, table, size, and where each line begins.
    private static let script = #"""
        import dis, json, optparse, sys, tarfile, textwrap, threading
        if sys.version_info < (3,):
            range = xrange

        def codes(code):
            yield code
            for constant in code.co_consts:
                if type(constant) is type(code):
                    for inner in codes(constant):
                        yield inner

        def starts(code):
            if hasattr(code, "co_lines"):
                return [[start, line] for start, end, line in code.co_lines()]
            found = [[0, code.co_firstlineno]]
            # findlinestarts leaves out lines that repeat, which changes nothing here.
            return found + [[start, line] for start, line in dis.findlinestarts(code)]

        # Long functions, bytecode and lines in numbers beyond a byte, lines that go back.
        made = "def long(x):\n" + "\n" * 300 + "  y = (x,\n" + "  x,\n" * 400 + "\n" * 700 + "  x)\n" + "  return y\n"
        made += "def back(f):\n  return f(\n" + "\n" * 200 + "    f(1) +\n\n f(2),\n\n\n  f(3),\n f(4)\n" + "\n" * 200 + ")\n"
        made += "def loops(x):\n  while x:\n   for y in x:\n    try:\n     x(y)\n    finally:\n     with x: pass\n"
        made += "long2 = lambda a: [b for b in a\n\n\n\n if b]\n"
        sources = [compile(made, "made", "exec")]
        for module in (optparse, tarfile, textwrap, threading):
            name = module.__file__.replace(".pyc", ".py").replace(".pyo", ".py")
            sources.append(compile(open(name, "rb").read(), name, "exec"))
        out = []
        for source in sources:
            for code in codes(source):
                table = getattr(code, "co_linetable", None) if sys.version_info >= (3, 10) else code.co_lnotab
                out.append({"name": code.co_name, "first": code.co_firstlineno, "table": list(bytearray(table)),
                            "size": len(code.co_code), "starts": starts(code)})
        json.dump(out, sys.stdout)
        """#

    private struct Code: Decodable {
        var name: String
        var first: Int
        var table: [UInt8]
        var size: Int
        var starts: [[Int?]]
    }

    private func kind(_ version: PythonVersion) -> LineTable {
        switch version {
        case ..<PythonVersion(3, 6): .lnotabUnsigned
        case ..<PythonVersion(3, 10): .lnotabSigned
        case ..<PythonVersion(3, 11): .pep626
        default: .pep657
        }
    }

    @Test(arguments: Interpreter.all)
    func everyInstruction(_ python: Interpreter) throws {
        let version = try #require(PythonVersion(prefixOf: python.version))
        let program = temporaryPath("tables.py")
        defer { try? FileManager.default.removeItem(atPath: program) }
        try Self.script.write(toFile: program, atomically: true, encoding: .utf8)
        let run = try Child([python.command, program]).finish()
        try #require(run.status == 0, "\(run.err)")
        let codes = try JSONDecoder().decode([Code].self, from: Data(run.out.utf8))
        try #require(codes.count > 200)
        var checked = 0
        for code in codes {
            // The last beginning at or before an offset; a later one at the same place wins.
            var expected = [Int?](repeating: code.first, count: code.size)
            for start in code.starts {
                for offset in (start[0] ?? 0)..<max(start[0] ?? 0, code.size) { expected[offset] = start[1] }
            }
            for offset in stride(from: 0, to: code.size, by: version >= PythonVersion(3, 6) ? 2 : 1) {
                let line = code.table.withUnsafeBytes {
                    kind(version).line($0, firstLine: code.first, offset: offset)
                }
                guard line != expected[offset] else {
                    checked += 1
                    continue
                }
                Issue.record(
                    "\(python) \(code.name):\(code.first) at \(offset): \(line ?? 0), not \(expected[offset] ?? 0)")
                break
            }
        }
        print("LINE TABLES \(python.version) \(python.kind): \(codes.count) functions, \(checked) instructions")
    }
}
