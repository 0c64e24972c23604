import FrameDecoding
import Foundation
import Glibc
import TargetMemory
import TestSupport
import Testing

@testable import Probe

/// Against whatever interpreters this machine has; without one there is nothing to see.
@Suite(.serialized) struct RealInterpreterTests {
    static let interpreters: [String] = {
        var found: [String] = []
        let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
        for pattern in [
            "/usr/bin/python3", "\(home)/.pyenv/versions/*/bin/python",
            "\(home)/.cache/pyflame/interpreters/*/python",
        ] {
            var result = glob_t()
            if glob(pattern, 0, nil, &result) == 0 {
                for index in 0..<Int(result.gl_pathc) {
                    if let path = result.gl_pathv[index] { found.append(String(cString: path)) }
                }
            }
            globfree(&result)
        }
        return found
    }()

    @Test(arguments: interpreters) func probe(_ path: String) throws {
        // Not what was kept of earlier runs: DWARF itself.
        let cache = try Folder()
        setenv("XDG_CACHE_HOME", cache.path, 1)
        defer { unsetenv("XDG_CACHE_HOME") }
        let python = try Interpreter(path)
        let memory = Memory(source: LiveProcess(pid: python.pid))
        let report = try ProcessProbe(target: .process(python.pid), memory: memory, symbols: []).run()
        #expect(report.candidates.count == 1)
        let site = try #require(report.candidates.first)
        #expect(site.version.description == python.version)

        let root = site.version < PythonVersion(3, 7) ? "interp_head" : "_PyRuntime"
        let address = try #require(site.address(of: root))
        #expect(throws: Never.self) { try memory.pointer(at: address) }

        // Members that every version has, at places that no version changed.
        guard let structs = site.structLayouts else { return }
        #expect(structs.offset(of: "ob_refcnt", in: "PyObject") ?? 0 >= 0)
        #expect(structs.offset(of: "interp", in: "PyThreadState") != nil)
        #expect(structs.offset(of: "interp", in: "_ts") == structs.offset(of: "interp", in: "PyThreadState"))
        #expect(structs.size(of: "PyCodeObject") ?? 0 > 100)
        #expect(structs.offset(of: "nothing", in: "PyThreadState") == nil)
        #expect(structs.offset(of: "x", in: "NoSuchType") == nil)
        if site.version >= PythonVersion(3, 4) {
            #expect(structs.bits(of: "state.kind", in: "PyASCIIObject")?.width == 3)
        }
    }

    @Test func forcedABI() throws {
        guard let path = Self.interpreters.first else { return }
        let python = try Interpreter(path)
        let memory = Memory(source: LiveProcess(pid: python.pid))
        let report = try ProcessProbe(
            target: .process(python.pid), memory: memory, symbols: [], forcedABI: ABI("26")).run()
        #expect(report.candidates.map(\.version) == [PythonVersion(2, 6)])
        #expect(report.candidates.map { $0.versionOrigin.hasPrefix("--abi") } == [true])
    }

    @Test func notPython() throws {
        let sleeper = try Child(["/bin/sleep", "600"])
        // Its libraries are mapped a moment after it was started.
        let libc = { (try? MapsFile.read(pid: sleeper.pid))?.contains { $0.path.contains("libc.so") } ?? false }
        #expect(eventually(libc))
        let memory = Memory(source: LiveProcess(pid: sleeper.pid))
        let report = try ProcessProbe(target: .process(sleeper.pid), memory: memory, symbols: ["gil_locked"]).run()
        #expect(report.candidates.isEmpty)
        #expect(report.files.count > 1)
        #expect(report.files.contains { $0.verdict == "no Python symbols" })
    }
}

/// A Python that has said its version and now waits for its input to end.
final class Interpreter {
    let pid: pid_t
    private(set) var version = ""
    private var input: Int32 = -1

    struct CannotRun: Error { let path: String }

    init(_ path: String) throws {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw CannotRun(path: path) }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        let code = "import sys; v = sys.version_info; sys.stdout.write('%d.%d.%d\\n' % v[:3]); "
            + "sys.stdout.flush(); sys.stdin.read()"
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup("-c"), strdup(code), nil]
        var pid: pid_t = 0
        let status = posix_spawn(&pid, path, &actions, nil, &arguments, environ)
        for argument in arguments { free(argument) }
        posix_spawn_file_actions_destroy(&actions)
        close(toChild[0])
        close(fromChild[1])
        self.pid = pid
        input = toChild[1]
        guard status == 0 else { throw CannotRun(path: path) }
        var byte: UInt8 = 0
        while read(fromChild[0], &byte, 1) == 1, byte != UInt8(ascii: "\n") {
            version.unicodeScalars.append(Unicode.Scalar(byte))
        }
        close(fromChild[0])
    }

    deinit {
        close(input)
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
