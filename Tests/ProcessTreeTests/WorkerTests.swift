import Foundation
import TestSupport
import Testing

/// Real servers, whose workers are replaced after some requests while they are profiled.
@Suite(.serialized) struct WorkerTests {
    private func find(_ names: [String]) -> String? {
        names.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    @Test(arguments: ["sync", "gthread"])
    func gunicorn(_ worker: String) throws {
        guard let gunicorn = find(["/usr/bin/gunicorn", "/usr/bin/gunicorn3"]) else {
            print("NOT TESTED: gunicorn's \(worker) workers: no gunicorn on this machine (Debian: gunicorn)")
            return
        }
        try check("gunicorn \(worker)") { folder, program in
            [
                gunicorn, "--workers", "2", "--worker-class", worker, "--max-requests", "40", "--bind",
                "unix:" + folder.file("socket"), "--chdir", program.deletingLastPathComponent().path,
                "serve:application",
            ]
        }
    }

    @Test func uwsgi() throws {
        guard let uwsgi = find(["/usr/bin/uwsgi"]), FileManager.default.fileExists(atPath: "/usr/lib/uwsgi/plugins/python3_plugin.so") else {
            print("NOT TESTED: uWSGI's workers: no uWSGI here (Debian: uwsgi-core, uwsgi-plugin-python3)")
            return
        }
        try check("uWSGI") { folder, program in
            [
                uwsgi, "--plugin", "python3", "--master", "--processes", "2", "--max-requests", "40",
                "--min-worker-lifetime", "1", "--http-socket", folder.file("socket"), "--disable-logging",
                "--die-on-term", "--wsgi-file", program.path,
            ]
        }
    }

    private func check(_ what: String, _ command: (Folder, URL) -> [String]) throws {
        let folder = try Folder()
        let program = projectRoot.appendingPathComponent("fixtures/programs/serve.py")
        let server = try Child(command(folder, program))
        defer {
            kill(server.pid, SIGTERM)
            endAll(below: server.pid)
        }
        func ask(_ count: Int) throws -> [(pid: Int32, answers: Int)] {
            let python = try #require(Interpreter.any)
            let run = try Child([python.command, program.path, folder.file("socket"), "\(count)"]).finish()
            return run.out.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 2 ? Int32(words[0]).map { ($0, Int(words[1]) ?? 0) } : nil
            }
        }
        #expect(eventually { (try? ask(4).isEmpty) == false }, "\(what): \(server.err)")

        let output = folder.file("profile.folded")
        let profiler = try Child([
            pyflamePath, "--subprocesses", "--stats", "-r", "0.005", "-s", "1000", "-o", output, "-p", "\(server.pid)",
        ])
        #expect(eventually { isTraced(server.pid) || !profiler.process.isRunning })
        let workers = try ask(400)
        kill(profiler.pid, SIGINT)
        let run = profiler.finish()
        #expect(run.status == 0, "\(what): \(run)")
        let profile = folder.text("profile.folded")
        #expect(workers.count > 4, "\(what): no workers were replaced: \(workers)")
        for (pid, answers) in workers where answers >= 20 {
            let stacks = profile.split(separator: "\n").filter { $0.hasPrefix("process \(pid) (") }
            #expect(
                stacks.contains { $0.contains("serve.py:application:") && $0.contains("serve.py:compute:") },
                "\(what): worker \(pid) with \(answers) answers: \(stacks)")
        }
        let stats = run.err.split(separator: "\n").filter { $0.hasPrefix("processes:") || $0.hasPrefix("newborns:") || $0.hasPrefix("files:") }
        print("WORKERS REPLACED \(what): \(workers.count) answered; \(stats.joined(separator: "; "))")
    }
}
