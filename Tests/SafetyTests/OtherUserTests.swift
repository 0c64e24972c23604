import Foundation
import TestSupport
import Testing

/// pyflame as root on the process of somebody who means it ill: the names of its files lead elsewhere by now.
@Suite(.serialized) struct OtherUserTests {
    /// Maps copies of its own interpreter's file under telling names, and puts something else in their place.
    private static let program = """
        import mmap, os, shutil, sys, time
        folder, trap, secret = sys.argv[1:4]
        kept = []
        for name in ["libpython3.9.so.1.0", "libpython2.7.so.1.0", "uwsgi", "python3.11"]:
            path = os.path.join(folder, name)
            if name != "python3.11":
                shutil.copy(sys.executable, path)
            with open(path, "rb") as file:
                kept.append(mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC))
            os.unlink(path)
            if trap == "link":
                os.symlink(secret, path)
            elif trap == "fifo":
                os.mkfifo(path)
            elif trap == "folder":
                os.mkdir(path)
            elif trap == "garbage":
                with open(path, "wb") as file:
                    file.write(b"\\x7fELF" + os.urandom(100000))
        if trap == "way":
            # A folder on the way to them.
            os.rename(folder, folder + ".former")
            os.symlink(os.path.dirname(secret), folder)
        def victim():
            print("ready", flush=True)
            while True:
                sum(range(1000))
        victim()
        """

    @Test(arguments: ["link", "fifo", "folder", "garbage", "gone", "way"])
    func traps(_ trap: String) throws {
        let system = "/usr/bin/python3.11"
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv"),
            FileManager.default.isExecutableFile(atPath: system)
        else {
            print("NOT TESTED: another user's target: it takes root, setpriv and \(system)")
            return
        }
        let folder = try Folder()
        // What only root can read, under each of the names that may be asked for.
        let secret = folder.file("secret")
        try FileManager.default.createDirectory(atPath: secret, withIntermediateDirectories: false)
        for name in ["file", "python3.11", "uwsgi", "libpython3.9.so.1.0", "libpython2.7.so.1.0"] {
            try "secret".write(toFile: "\(secret)/\(name)", atomically: false, encoding: .utf8)
            #expect(chmod("\(secret)/\(name)", 0o600) == 0)
        }
        #expect(chmod(folder.path, 0o755) == 0)
        let theirs = folder.file("theirs")
        try FileManager.default.createDirectory(atPath: theirs, withIntermediateDirectories: false)
        try FileManager.default.createDirectory(atPath: "\(theirs)/bin", withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: system, toPath: "\(theirs)/bin/python3.11")
        #expect(chown(theirs, 65534, 65534) == 0 && chown("\(theirs)/bin", 65534, 65534) == 0)
        #expect(chown("\(theirs)/bin/python3.11", 65534, 65534) == 0)

        let target = try Child(
            ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "\(theirs)/bin/python3.11", "-c",
             Self.program, "\(theirs)/bin", trap, "\(secret)/file"], environment: ["PYTHONHOME": "/usr"])
        try #require(eventually { target.out.contains("ready") || !target.process.isRunning })
        try #require(target.process.isRunning, "\(target.err)")
        let watch = inotify_init1(Int32(IN_NONBLOCK))
        defer { close(watch) }
        for name in try FileManager.default.contentsOfDirectory(atPath: secret) {
            #expect(inotify_add_watch(watch, "\(secret)/\(name)", UInt32(IN_OPEN | IN_ACCESS)) >= 0)
        }

        for options in [["--dump"], ["--probe"], ["-s", "0.1"], ["-s", "0.1", "--format", "html"]] {
            let run = try Child(
                ["/usr/bin/timeout", "60", pyflamePath, "-p", "\(target.pid)"] + options).finish()
            #expect(run.status == 0 && run.err.isEmpty, "\(trap) \(options): \(run.status) \(run.err)")
            if options != ["--probe"] { #expect(run.out.contains("victim"), "\(trap) \(options)") }
            #expect(!run.out.contains("secret\n") && stoppedThreads(target.pid).isEmpty)
        }
        var events = [UInt8](repeating: 0, count: 4096)
        #expect(read(watch, &events, events.count) == -1 && errno == EAGAIN, "\(trap): what only root may read was opened")
        // The watch works.
        _ = FileManager.default.contents(atPath: "\(secret)/file")
        #expect(read(watch, &events, events.count) > 0)
    }
}
