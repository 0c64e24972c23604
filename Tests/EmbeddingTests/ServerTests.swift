import Foundation
import TestSupport
import Testing

/// uWSGI, which has Python as a plugin or linked in. Its workers are looked at in a request and between
/// requests; its master, too.
@Suite(.serialized) struct ServerTests {
    private static var debian: [String]? {
        let plugins = ["/usr/lib/uwsgi/plugins/python3_plugin.so"]
        guard let core = tool("uwsgi-core"), plugins.contains(where: { FileManager.default.fileExists(atPath: $0) })
        else { return nil }
        return [core, "--plugin", "python3"]
    }

    @Test(arguments: [
        ("sub-interpreters", ["--mount", "/a=app.py", "--mount", "/b=app.py", "--manage-script-name"]),
        ("single-interpreter", ["--single-interpreter", "--mount", "/a=app.py"]),
        ("threads", ["--enable-threads", "--threads", "3", "--mount", "/a=app.py", "--mount", "/b=app.py"]),
    ]) func debianPlugin(_ kind: String, _ options: [String]) throws {
        guard let command = Self.debian else {
            print("NOT TESTED: uWSGI with a plugin (\(kind)): no uwsgi-core with uwsgi-plugin-python3; scripts/setup test")
            return
        }
        try check(command, kind, options, abi: nil)
    }

    /// `pyflame --abi 36` on a uWSGI that was built against Python 3.6.
    @Test func builtAgainst36() throws {
        let roots = Interpreter.all.filter { $0.minor == "3.6" }.map {
            URL(fileURLWithPath: $0.command).deletingLastPathComponent().appendingPathComponent("uwsgi").path
        }
        let named = ProcessInfo.processInfo.environment["PYFLAME_UWSGI36"].map { [$0] } ?? []
        guard let uwsgi = (named + roots).first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            print("NOT TESTED: uWSGI with Python 3.6: name one in PYFLAME_UWSGI36 (pip install uwsgi under a 3.6)")
            return
        }
        for options in [[], ["--single-interpreter"], ["--enable-threads", "--threads", "3"]] {
            try check([uwsgi], "3.6 \(options)", options + ["--mount", "/a=app.py", "--mount", "/b=app.py"], abi: "36")
        }
    }

    /// Several applications and threads: a thread state that was made in one thread is run by others.
    @Test(arguments: [[], ["--threads"]])
    func statesOfOtherThreads(_ options: [String]) throws {
        guard let command = Self.debian else {
            print("NOT TESTED: thread states that other threads run: no uwsgi-core with uwsgi-plugin-python3")
            return
        }
        let folder = try Folder()
        let socket = folder.file("socket")
        let server = try Child(
            command + [
                "--http-socket", socket, "--threads", "4", "--enable-threads", "--chdir", embedding(""),
                "--mount", "/a=app.py", "--mount", "/b=app.py", "--manage-script-name",
            ], environment: ["PYTHONDONTWRITEBYTECODE": "1"])
        defer {
            kill(server.pid, SIGINT)
            _ = eventually { !server.process.isRunning }
        }
        #expect(eventually { request(socket, "/a/") != nil || !server.process.isRunning }, "\(server.err)")
        var samples = 0
        for _ in 0..<20 where samples < 500 {
            let connections = try ["/a", "/b", "/b"].map { try #require(connect(socket, "\($0)/pairs")) }
            defer { connections.forEach { close($0) } }
            let run = try pyflame(["-n", "-p", "\(server.pid)", "-s", "1", "-r", "0.001"] + options)
            #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
            for line in run.out.split(separator: "\n") {
                let isMixed = line.contains("app.py:left") && line.contains("app.py:right")
                #expect(!isMixed, "impossible: \(line)")
                if line.contains(":pairs") { samples += Int(line.split(separator: " ").last ?? "") ?? 0 }
            }
        }
        print("EMBEDDED uWSGI, states of other threads \(options): \(samples) stacks, none impossible")
        #expect(samples >= 500)
    }

    private func check(_ command: [String], _ kind: String, _ options: [String], abi: String?) throws {
        let folder = try Folder()
        let socket = folder.file("socket")
        let truth = folder.file("truth")
        let master = try Child(
            command + ["--http-socket", socket, "--master", "--processes", "2", "--chdir", embedding("")] + options,
            environment: ["TRUTH": truth, "PYTHONDONTWRITEBYTECODE": "1"])
        defer {
            kill(master.pid, SIGINT)
            _ = eventually { !master.process.isRunning }
        }
        #expect(eventually { request(socket, "/a/") != nil || !master.process.isRunning }, "\(kind): \(master.err)")
        let workers = children(of: master.pid)
        try #require(workers.count == 2, "\(kind): \(master.err)")
        // One request that parks; its worker is the one that shows it.
        let connection = try #require(connect(socket, "/a/park/one"))
        defer { close(connection) }
        #expect(eventually { FileManager.default.fileExists(atPath: truth + "-one") }, "\(kind): \(master.err)")
        let data = try Data(contentsOf: URL(fileURLWithPath: truth + "-one"))
        let threads = try JSONDecoder().decode(Truth.self, from: data).threads.filter { !$0.frames.isEmpty }
        try #require(!threads.isEmpty)

        for extra in [[]] + (abi.map { [["--abi", $0]] } ?? []) {
            var inRequest = 0
            for pid in workers + [master.pid] {
                let dump = try pyflame(["--dump", "-p", "\(pid)"] + extra)
                #expect(dump.status == 0 && dump.err.isEmpty, "\(kind): \(dump)")
                let isParked = threads.allSatisfy { thread in
                    let lines = thread.frames.map { $0.text(lineNumbers: true) }.joined(separator: "\n")
                    return dump.out.contains("\(thread.id):\n\(lines)\n") || dump.out.contains("\(thread.id)*:\n\(lines)\n")
                }
                inRequest += isParked ? 1 : 0
                // Whether it waits in a request or for one: no Python runs, and that is no error.
                let run = try pyflame(["-p", "\(pid)", "-s", "0.1"] + extra)
                #expect(run.status == 0 && run.err.isEmpty && !run.out.isEmpty, "\(kind): \(run)")
                if !isParked { #expect(run.out.hasPrefix("(idle) "), "\(kind): \(run)") }
            }
            #expect(inRequest == 1, "\(kind) \(extra): the parked request was seen in \(inRequest) processes")
            print("EMBEDDED uWSGI, \(kind) \(extra): \(threads.count) threads equal in a request; waiting worker and master idle")
        }
    }

    private func children(of pid: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    /// A connection over which a request was sent; nil when there is nobody to take it.
    private func connect(_ path: String, _ target: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let text = Array("GET \(target) HTTP/1.0\r\n\r\n".utf8)
        guard connected == 0, write(descriptor, text, text.count) == text.count else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private func request(_ path: String, _ target: String) -> String? {
        guard let descriptor = connect(path, target) else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
