import Foundation
import TestSupport
import Testing

/// A report by root never tells what the process could not read whose code it shows.
@Suite(.serialized) struct SourceRightsTests {
    private static let python = "/usr/bin/python3"
    private static let setpriv = "/usr/bin/setpriv"
    private static let su = "/usr/bin/su"
    static let isRoot = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: python)
        && FileManager.default.isExecutableFile(atPath: setpriv)
    private static let asNobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
    private static let secret = "# what only root may read"

    /// A folder that everybody may enter, with the program and a file that only root may read.
    private func scene() throws -> Folder {
        let folder = try Folder()
        chmod(folder.path, 0o755)
        for name in ["claimed_file.py", "privileged_children.py"] {
            let text = try String(contentsOf: projectRoot.appendingPathComponent("fixtures/hostile/\(name)"), encoding: .utf8)
            try folder.write(name, text)
        }
        try folder.write("secret.py", Self.secret)
        chmod(folder.file("secret.py"), 0o600)
        return folder
    }

    private func start(_ how: String, in folder: Folder, as user: [String] = []) throws -> Child {
        let child = try Child(user + [Self.python, folder.file("claimed_file.py"), how, folder.file("secret.py")])
        try #require(eventually { child.out.contains("ready") || !child.process.isRunning }, "\(child.err)")
        return child
    }

    /// The report once it has code that claims to be from the file.
    private func report(on pid: Int32, in folder: Folder, _ options: [String] = [], before: [String] = []) throws -> String {
        var page = ""
        _ = eventually {
            let run = try? Child(
                before + [pyflamePath, "-s", "1", "-r", "2ms", "-o", folder.file("x.html"), "-p", "\(pid)"] + options).finish()
            page = run?.status == 0 ? folder.text("x.html") : ""
            return page.contains("\"claimed\"")
        }
        #expect(page.contains("\"claimed\""))
        return page
    }

    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"))
    func workersOfAnotherUser() throws {
        let folder = try scene()
        let master = try start("fork", in: folder)
        let page = try report(on: master.pid, in: folder, ["--subprocesses"])
        #expect(!page.contains(Self.secret) && page.contains("cannot be read: Permission denied"))
        // The master's own source is there: it is root's.
        #expect(page.contains("def become_nobody"))
        kill(childOf(master.pid), SIGKILL)
    }

    private func childOf(_ pid: Int32) -> Int32 {
        let list = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        return list.flatMap { Int32($0.split(separator: " ").first ?? "") } ?? -1
    }

    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"))
    func rightsGivenUpLater() throws {
        let folder = try scene()
        let target = try start("later", in: folder)
        // Attached while it is root, until it is nobody.
        let run = try Child([pyflamePath, "-s", "30", "-r", "2ms", "-o", folder.file("x.html"), "-p", "\(target.pid)"])
        #expect(eventually { statusField("Uid", of: target.pid)?.hasPrefix("65534") ?? true })
        usleep(500_000)
        kill(run.pid, SIGINT)
        #expect(run.finish().status == 0)
        let page = folder.text("x.html")
        #expect(page.contains("\"claimed\"") && !page.contains(Self.secret))
        #expect(page.contains("what the process may read has changed"))
    }

    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"), arguments: [[], ["--subprocesses"]])
    func rightsGivenUpByACommand(_ options: [String]) throws {
        let folder = try scene()
        let command = [Self.python, folder.file("claimed_file.py"), "later", folder.file("secret.py")]
        let run = try Child(
            [pyflamePath, "-r", "2ms", "-o", folder.file("x.html")] + options + ["-t", "/usr/bin/timeout", "3"] + command)
        #expect(run.finish().status == 124)
        let page = folder.text("x.html")
        #expect(page.contains("\"claimed\"") && !page.contains(Self.secret))
        #expect(page.contains("what the process may read has changed"))
    }

    /// Its source is read after it has ended.
    @Test func sourceOfACommandThatEnded() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        try folder.write("honest.py", "import time\ndef honest():\n    end = time.time() + 0.5\n    while time.time() < end: pass\nhonest()\n")
        let run = try pyflame(["-r", "2ms", "-o", folder.file("x.html"), "-t", python.command, folder.file("honest.py")])
        #expect(run.status == 0 && folder.text("x.html").contains("def honest():"))
    }

    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"))
    func capabilitiesThatStay() throws {
        let folder = try scene()
        let target = try start("now", in: folder, as: Self.asNobody)
        let page = try report(
            on: target.pid, in: folder, before: [Self.setpriv, "--securebits=+no_setuid_fixup"])
        #expect(!page.contains(Self.secret) && page.contains("cannot be read: Permission denied"))
    }

    /// Root without the capability that makes root read everything.
    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"))
    func rootWithFewerCapabilities() throws {
        let folder = try scene()
        chown(folder.file("secret.py"), 1, 1)
        let target = try start("now", in: folder, as: [Self.setpriv, "--bounding-set=-all", "--inh-caps=-all"])
        let page = try report(on: target.pid, in: folder)
        #expect(!page.contains(Self.secret) && page.contains("cannot be read: Permission denied"))
    }

    /// Two files of one name, in two roots: each process has its own.
    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"))
    func filesOfOneName() throws {
        let folder = try scene()
        let jail = folder.file("secret.py.jail")
        try FileManager.default.createDirectory(
            atPath: jail + folder.path, withIntermediateDirectories: true)
        try "# the jail's file".write(toFile: jail + folder.file("secret.py"), atomically: false, encoding: .utf8)
        let target = try start("chroot", in: folder)
        // Both of them.
        let page = try report(on: target.pid, in: folder, ["--subprocesses", "-s", "2"])
        #expect(page.contains(Self.secret) && page.contains("# the jail's file"))
        let child = childOf(target.pid)
        let jailed = try report(on: child, in: folder)
        #expect(!jailed.contains(Self.secret) && jailed.contains("# the jail's file"))
        kill(child, SIGKILL)
    }

    /// A path of /proc leads to the process that reads it.
    @Test(.enabled(if: isRoot, "it takes root, setpriv and /usr/bin/python3"))
    func ownFilesOfPyflame() throws {
        let folder = try scene()
        let target = try Child(
            [Self.python, folder.file("claimed_file.py"), "now", "/proc/self/environ"], environment: ["PLACE": "target"])
        try #require(eventually { target.out.contains("ready") })
        var page = ""
        _ = eventually {
            _ = try? Child(
                [pyflamePath, "-s", "1", "-r", "2ms", "-o", folder.file("x.html"), "-p", "\(target.pid)"],
                environment: ["PLACE": "pyflame"]).finish()
            page = folder.text("x.html")
            return page.contains("\"claimed\"")
        }
        #expect(page.contains("\"claimed\"") && !page.contains("PLACE="))
        #expect(page.contains("lies on a file system that may not answer"))
    }

    @Test(.enabled(if: isRoot && FileManager.default.isExecutableFile(atPath: su), "it takes root, setpriv, su and /usr/bin/python3"))
    func childrenThatBecomePrivileged() throws {
        let seconds = amount("PYFLAME_PRIVILEGED_SECONDS", short: 4)
        let folder = try scene()
        let target = try Child(
            Self.asNobody + [Self.python, folder.file("privileged_children.py"), folder.file("secret.py"), "\(seconds + 60)",
                             Self.su, "4", "2"])
        try #require(eventually { target.out.contains("ready") || !target.process.isRunning }, "\(target.err)")
        let page = try report(on: target.pid, in: folder, ["--subprocesses", "-s", "\(seconds)"])
        #expect(!page.contains(Self.secret))
    }
}
