import Foundation
import TestSupport
import Testing

/// Source in reports: read as the target sees it, and nothing that its user may not read.
@Suite(.serialized) struct ReportSourceTests {
    /// Runs code that says it is from each of the files in turn, for ever.
    private static let program = """
        import sys
        steps = []
        for path in sys.argv[1:]:
            scope = {}
            exec(compile("def step():\\n    return sum(range(2000))\\n", path, "exec"), scope)
            steps.append(scope["step"])
        print("ready")
        sys.stdout.flush()
        while True:
            for step in steps:
                step()
        """

    private func report(_ command: [String], folder: Folder, files: [String]) throws -> String {
        let program = try Child(command + [folder.file("program.py")] + files)
        #expect(eventually { program.out.contains("ready") || !program.process.isRunning })
        var page = ""
        // Until each of them was seen.
        for _ in 0..<20 where !files.allSatisfy({ page.contains("\"\($0)\"") }) {
            let run = try pyflame("-s", "1", "-r", "2ms", "-o", folder.file("x.html"), "-p", "\(program.pid)")
            #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
            page = folder.text("x.html")
        }
        return page
    }

    @Test func readableFilesAndOthers() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        try folder.write("program.py", Self.program)
        try folder.write("plain.py", "# the plain one\n")
        try folder.write("binary.py", "\0# the binary one\n")
        try folder.write("large.py", "# the large one\n" + String(repeating: "#\n", count: 1 << 20))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.py"), withDestinationPath: "plain.py")
        #expect(mkfifo(folder.file("pipe.py"), 0o644) == 0)
        let files = ["plain.py", "binary.py", "large.py", "link.py", "pipe.py", "missing.py"].map(folder.file)
        let page = try report([python.command], folder: folder, files: files + ["/dev/zero"])
        // By itself and through the link.
        #expect(page.components(separatedBy: "# the plain one").count == 3)
        for absent in ["# the binary one", "# the large one"] { #expect(!page.contains(absent)) }
        for reason in [
            "its file holds no text", "its source is larger than 1 MB", "cannot be read: not a regular file",
            "cannot be read: No such file or directory",
        ] { #expect(page.contains(reason), "\(reason)") }
    }

    @Test func rootReadsNoMoreThanTheUserMay() throws {
        let setpriv = "/usr/bin/setpriv"
        let asNobody = [setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let folder = try Folder()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        try folder.write("program.py", Self.program)
        // Debian's own: one in root's home is out of the user's reach.
        let python = "/usr/bin/python3"
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: setpriv),
            try Child(asNobody + [python, "-c", "open('\(folder.file("program.py"))')"]).finish().status == 0
        else {
            print("NOT TESTED: source of another user's process: it takes root, setpriv and /usr/bin/python3")
            return
        }
        try folder.write("open.py", "# for everyone\n")
        try folder.write("secret.py", "# for root alone\n")
        chmod(folder.file("secret.py"), 0o600)
        try folder.write("group.py", "# for root's group\n")
        chmod(folder.file("group.py"), 0o640)
        let inner = folder.file("inner")
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
        try folder.write("inner/hidden.py", "# behind a closed door\n")
        chmod(inner, 0o700)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.py"), withDestinationPath: "inner/hidden.py")
        let files = ["open.py", "secret.py", "group.py", "inner/hidden.py", "link.py"].map(folder.file)
        let page = try report(asNobody + [python], folder: folder, files: files)
        #expect(page.contains("# for everyone"))
        for secret in ["# for root alone", "# for root's group", "# behind a closed door"] {
            #expect(!page.contains(secret), "\(secret)")
        }
        #expect(page.components(separatedBy: "cannot be read: Permission denied").count == 5)
    }
}
