import Foundation
import TestSupport
import Testing

/// Targets in namespaces of their own, from outside and from inside, and what is missing when it does not work.
@Suite(.serialized) struct ContainerTests {
    /// Debian's interpreter of the newest version, which brings all that it needs below one folder.
    private static let tree: (root: String, command: String)? = {
        for python in Interpreter.all.reversed() where python.kind == "release" {
            let root = python.command.replacingOccurrences(of: "/python", with: "", options: [.backwards, .anchored]) + "/root"
            // The launcher's last line: exec LOADER --library-path FOLDERS PROGRAM.
            guard let launcher = try? String(contentsOfFile: python.command, encoding: .utf8),
                let line = launcher.components(separatedBy: "\nexec ").dropFirst().last, line.contains(root + "/")
            else { continue }
            return (root, line.replacingOccurrences(of: root, with: "").replacingOccurrences(of: "\"$@\"\n", with: ""))
        }
        return nil
    }()

    /// A process started by `unshare` with these options, its Python in a root of its own.
    private func inNamespaces(_ options: [String]) throws -> EmbeddedProgram? {
        guard let unshare = tool("unshare"), let (root, command) = Self.tree else {
            print("NOT TESTED: namespaces \(options): no unshare, or no Debian interpreter (scripts/interpreters fetch)")
            return nil
        }
        guard try Child([unshare] + options + ["true"], input: "").finish().status == 0 else {
            print("NOT TESTED: namespaces \(options): not permitted here")
            return nil
        }
        // The tree as the new root, with our fixtures and the folder of the truth bound into it.
        let script = """
            set -e
            mount --make-rprivate / 2>/dev/null || true
            mount --bind "$TREE" "$TREE"; cd "$TREE"
            mkdir -p fixtures truth proc
            mount --bind "$FIXTURES" fixtures; mount --bind "$FOLDER" truth; mount -t proc proc proc
            export TRUTH=/truth/truth.json PYTHONDONTWRITEBYTECODE=1
            exec chroot . \(command) -S /fixtures/parked.py
            """
        let folder = try Folder()
        return try EmbeddedProgram(
            [unshare] + options + ["/bin/sh", "-c", script],
            ["TREE": root, "FIXTURES": embedding(""), "FOLDER": folder.path, "PYTHONPATH": "/fixtures",
             "PYTHONHOME": "/usr"], folder: folder)
    }

    @Test(arguments: [
        ["--mount", "--pid", "--fork", "--net"],
        ["--mount", "--pid", "--fork", "--net", "--user", "--map-root-user"],
    ]) func fromOutside(_ options: [String]) throws {
        guard var program = try inNamespaces(options) else { return }
        let child = try #require(children(of: program.child.pid).first, "\(program.child.err)")
        program.pid = child
        // It knows itself as process 1 there.
        let status = ProcStatus(child)
        #expect(status["NSpid"]?.hasSuffix("\t1") == true, "\(status["NSpid"] ?? "")")
        print("EMBEDDED namespaces \(options): \(try program.compare([], "\(options)")) equal")
        kill(child, SIGKILL)
    }

    /// pyflame in the target's own namespaces, where both have small numbers.
    @Test func fromInside() throws {
        let options = ["--mount", "--pid", "--fork", "--mount-proc", "--net"]
        guard let unshare = tool("unshare"), let python = Interpreter.any,
            try Child([unshare] + options + ["true"], input: "").finish().status == 0
        else {
            print("NOT TESTED: pyflame inside of namespaces: no unshare, or not permitted here")
            return
        }
        let folder = try Folder()
        let script = """
            cd "$FIXTURES"; "$PYTHON" parked.py & target=$!
            while [ ! -e "$TRUTH" ] && kill -0 $target; do sleep 0.05; done
            echo "target $target" >&2
            "$PYFLAME" --dump -p $target
            """
        let run = try Child(
            [unshare] + options + ["/bin/sh", "-c", script], input: "",
            environment: [
                "FIXTURES": embedding(""), "PYTHON": python.command, "PYFLAME": pyflamePath,
                "TRUTH": folder.file("truth.json"), "PYTHONDONTWRITEBYTECODE": "1",
            ]
        ).finish()
        #expect(run.status == 0 && run.err.wholeMatch(of: /target \d\d?\n/) != nil, "\(run)")
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("truth.json")))
        for thread in try JSONDecoder().decode(Truth.self, from: data).threads {
            let lines = thread.frames.map { $0.text(lineNumbers: true) }.joined(separator: "\n")
            #expect(run.out.contains("\(thread.id):\n\(lines)\n"), "\(lines)\nin \(run.out)")
        }
    }

    /// As an ordinary user, on a process of one's own.
    @Test func asAnOrdinaryUser() throws {
        let asNobody = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: asNobody[0]),
            try Child(asNobody + [pyflamePath, "--version"]).finish().status == 0,
            let python = tool("python3"), try Child(asNobody + [python, "-c", ""]).finish().status == 0
        else {
            print("NOT TESTED: an ordinary user: it takes root, setpriv, and a build and a python3 that all may run")
            return
        }
        let program = try Child(
            asNobody + [python, "-c", "import sys, time\nsys.stdout.write('ready')\nsys.stdout.flush()\ntime.sleep(100000)"])
        #expect(eventually { program.out.contains("ready") || !program.process.isRunning })
        let run = try Child(asNobody + [pyflamePath, "--dump", "-p", "\(program.pid)"]).finish()
        let scope = (try? String(contentsOfFile: "/proc/sys/kernel/yama/ptrace_scope", encoding: .utf8)) ?? "0"
        if scope.hasPrefix("0") {
            #expect(run.status == 0 && run.err.isEmpty && run.out.contains("<string>:<module>:4"), "\(run)")
        } else {
            #expect(run.status == 1 && run.err.contains("kernel.yama.ptrace_scope"), "\(run)")
        }
    }

    /// Root without the capability, as in a container: Docker's and Kubernetes' words for it.
    @Test func withoutTheCapability() throws {
        let bare = ["/usr/bin/setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace"]
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: bare[0]), let python = Interpreter.any,
            try Child(bare + [pyflamePath, "--version"]).finish().status == 0
        else {
            print("NOT TESTED: root without CAP_SYS_PTRACE: it takes root and setpriv")
            return
        }
        let program = try python.start([projectRoot.appendingPathComponent("fixtures/programs/known_stacks.py").path])
        let run = try Child(bare + [pyflamePath, "-p", "\(program.pid)"]).finish()
        // The target has more capabilities than we do.
        #expect(run.status == 1 && run.out.isEmpty, "\(run)")
        #expect(run.err.hasPrefix("Failed to seize PID \(program.pid): "), "\(run.err)")
        for word in ["CAP_SYS_PTRACE", "--cap-add SYS_PTRACE", "securityContext.capabilities.add: [SYS_PTRACE]"] {
            #expect(run.err.contains(word), "\(run.err)")
        }
    }

    /// A seccomp filter that refuses ptrace and process_vm_readv, as container runtimes set one up.
    @Test func underSeccomp() throws {
        #if !arch(x86_64)
            print("NOT TESTED: a seccomp filter: the numbers of system calls here are those of x86-64")
        #else
            let filter = """
                import ctypes, os, struct, sys
                def step(code, yes, no, value):
                    return struct.pack('HBBI', code, yes, no, value)
                # Number of the system call; ptrace is 101, process_vm_readv 310; allow, or EPERM.
                steps = [(0x20, 0, 0, 0), (0x15, 2, 0, 101), (0x15, 1, 0, 310), (6, 0, 0, 0x7fff0000), (6, 0, 0, 0x50001)]
                code = ctypes.create_string_buffer(b''.join(step(*each) for each in steps))
                class Program(ctypes.Structure):
                    _fields_ = [('length', ctypes.c_ushort), ('steps', ctypes.c_void_p)]
                program = Program(len(steps), ctypes.addressof(code))
                libc = ctypes.CDLL(None)
                if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0):
                    sys.exit(77)
                os.execv(sys.argv[1], sys.argv[1:])
                """
            guard geteuid() == 0, let python = Interpreter.all.last(where: { $0.kind == "release" && $0.version > "3" })
            else {
                print("NOT TESTED: a seccomp filter: it takes root, for whom nothing else is missing, and a Python 3")
                return
            }
            let program = try python.start([projectRoot.appendingPathComponent("fixtures/programs/known_stacks.py").path])
            let run = try Child([python.command, "-c", filter, pyflamePath, "-p", "\(program.pid)"]).finish()
            guard run.status != 77 else {
                print("NOT TESTED: a seccomp filter: this kernel takes none")
                return
            }
            #expect(run.status == 1 && run.out.isEmpty, "\(run)")
            let message = "Failed to seize PID \(program.pid): a seccomp filter forbids process_vm_readv"
            #expect(run.err.hasPrefix(message), "\(run.err)")
            #expect(run.err.contains("--security-opt seccomp=unconfined"), "\(run.err)")
        #endif
    }

    private func children(of pid: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }
}

/// The fields of /proc/PID/status.
private struct ProcStatus {
    private var text: String

    init(_ pid: pid_t) {
        text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    }

    subscript(name: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
