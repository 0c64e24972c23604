import FrameDecoding
import Glibc
import Probe
import Sampler
import Synchronization
import TargetMemory

/// The interpreter that was found, and how.
struct Detection {
    let pid: pid_t
    let site: LocatedInterpreter
    let module: DecoderModule
    /// The module's layout that decodes it.
    let layout: LayoutChoice
    let decoder: any FrameDecoder

    /// The process as sinks know it.
    var process: ProfiledProcess {
        let command = ProcFile.firstLine("/proc/\(pid)/comm")
        return ProfiledProcess(pid: pid, command: command ?? "", version: site.version)
    }
}

/// Why no interpreter can be read.
struct DetectionFailure: Error {
    let explanation: String
    /// The process is gone, or about to be.
    var hasEnded = false
}

/// Asks the probe for candidates and the registered decoders for one that reads them. A candidate
/// counts only when it decodes.
final class Detector {
    let pid: pid_t
    let source: any MemorySource
    private let target: ProbeTarget
    let frames: FrameTable
    let forcedABI: ABI?
    /// `--layout`; nil leaves the choice to the decoder.
    let layout: LayoutSource?
    private let images: ImageCache
    /// What the probe saw, once it came that far.
    private(set) var report: ProbeReport?
    /// Ways that were tried and did not work: `3.9.2, table 3.9: ...`.
    private(set) var rejected: [String] = []
    /// An interpreter was found that has no threads or no frames yet.
    private(set) var isStarting = false

    /// Of a core dump, the source is the dump.
    convenience init(core: CoreFile, frames: FrameTable, forcedABI: ABI?, layout: LayoutSource?) {
        self.init(
            pid: core.pid, source: core, target: .core(core), frames: frames, forcedABI: forcedABI,
            layout: layout)
    }

    init(
        pid: pid_t, source: any MemorySource, target: ProbeTarget? = nil, frames: FrameTable, forcedABI: ABI? = nil,
        layout: LayoutSource? = nil, images: ImageCache = ImageCache()
    ) {
        self.images = images
        self.pid = pid
        self.target = target ?? .process(pid)
        self.source = source
        self.frames = frames
        self.forcedABI = forcedABI
        self.layout = layout
    }

    /// How hard a candidate is tried.
    struct Patience {
        var attempts: Int
        var allLayouts: Bool
        /// Python frames must be seen; without it, an embedding that sits in C is believed as well.
        var wantsFrames: Bool
        /// An interpreter that nothing names is searched for in all data: for a quarter of a second or so.
        var searches = false
        /// The target is as it is and some of it may be lost: most of its threads have to decode.
        var isForgiving = false

        /// A core dump.
        static let dead = Patience(
            attempts: 1, allLayouts: true, wantsFrames: false, searches: true, isForgiving: true)
        /// A program that runs: some 50 ms, with every layout.
        static let thorough = Patience(attempts: 60, allLayouts: true, wantsFrames: false, searches: true)
        /// The same where each file shows what it is.
        static let unsearched = Patience(attempts: 60, allLayouts: true, wantsFrames: false)
        /// A program that is just starting and will be asked again.
        static let glance = Patience(attempts: 2, allLayouts: false, wantsFrames: true)
        /// The same, when the first layout has been seen not to fit.
        static let wideGlance = Patience(attempts: 2, allLayouts: true, wantsFrames: true)
        /// The same, when no file shows an interpreter.
        static let search = Patience(attempts: 2, allLayouts: true, wantsFrames: true, searches: true)
        /// A layout that is known to fit, as long as nothing else has happened.
        static let adoption = Patience(attempts: 2, allLayouts: false, wantsFrames: false)
        /// A program that has been starting for so long that it must be an embedding.
        static let settled = Patience(attempts: 2, allLayouts: true, wantsFrames: false)
    }

    func detect(_ patience: Patience = .thorough) throws(DetectionFailure) -> Detection {
        rejected = []
        isStarting = false
        try refuseUnreadable()
        let memory = Memory(source: source)
        var report = try probe(memory)
        defer { self.report = report }
        if let detection = decodable(report.candidates, memory, patience) {
            announceIfNew(detection)
            return detection
        }
        if patience.searches {
            let found = try search(memory)
            report.candidates += found
            if let detection = decodable(found, memory, patience) { return detection }
        }
        throw report.candidates.isEmpty ? notPython(report) : undecodable(report)
    }

    private static let announced = Mutex<Set<PythonVersion>>([])

    /// Says so, once, when the interpreter is of a version that no decoder was made for.
    private func announceIfNew(_ detection: Detection) {
        guard let newest = supportedABIs.last, detection.site.version.abi > newest,
            Self.announced.withLock({ $0.insert(detection.site.version).inserted })
        else { return }
        Program.complain(
            "WARNING: Python \(detection.site.version) is newer than all that this pyflame knows (up to "
                + "\(newest.dotted)); it is read by what it says of itself (\(detection.decoder.layoutOrigin))")
    }

    /// The kernel asks for permission before it looks at the address, so nothing has to be there.
    private func refuseUnreadable() throws(DetectionFailure) {
        var byte: UInt8 = 0
        let result = source.read(AddressRange(start: 8, count: 1), into: &byte)
        guard [-Int(EPERM), -Int(EACCES), -Int(ENOSYS)].contains(result) else { return }
        throw DetectionFailure(
            explanation: AttachFailure.refused(pid: pid, errno: Int32(-result)).explanation)
    }

    /// The first site, with its decoder, that decodes the running process.
    private func decodable(
        _ sites: [LocatedInterpreter], _ memory: Memory, _ patience: Patience
    ) -> Detection? {
        for site in sites {
            for module in registeredDecoders {
                switch module.claim(site, memory, frames) {
                case .notMine: continue
                case .unsupported(let reason): rejected.append("\(site.version): \(reason)")
                case .reads(let choices):
                    let allowed = choices.filter { layout == nil || layout == $0.source }
                    if allowed.isEmpty, let layout {
                        let has = choices.map(\.source.rawValue).joined(separator: ", ")
                        rejected.append(
                            "\(site.version): \(module.name) has no layout \(layout.rawValue), only \(has)")
                    }
                    for choice in patience.allLayouts ? allowed : Array(allowed.prefix(1)) {
                        do {
                            let decoder = try choice.makeDecoder()
                            try Trial(decoder: decoder, memory: memory).run(patience)
                            return Detection(
                                pid: pid, site: site, module: module, layout: choice,
                                decoder: decoder)
                        } catch {
                            if error is NotAlive { isStarting = true }
                            rejected.append("\(site.version), \(choice.description): \(error)")
                        }
                    }
                }
            }
        }
        return nil
    }

    private func search(_ memory: Memory) throws(DetectionFailure) -> [LocatedInterpreter] {
        do {
            return try makeProbe(memory).search(for: registeredDecoders)
        } catch {
            throw DetectionFailure(explanation: explain(error))
        }
    }

    /// The interpreter of a process that was just forked from one whose interpreter is known: it lies at
    /// the same addresses, so nothing has to be looked for. Nil when it does not decode.
    func adopt(_ known: Detection) -> Detection? {
        let memory = Memory(source: source)
        guard case .reads(let choices) = known.module.claim(known.site, memory, frames),
            let choice = choices.first(where: { $0.description == known.layout.description }),
            let decoder = try? choice.makeDecoder(),
            (try? Trial(decoder: decoder, memory: memory).run(.adoption)) != nil
        else { return nil }
        return Detection(
            pid: pid, site: known.site, module: known.module, layout: choice, decoder: decoder)
    }

    private func probe(_ memory: Memory) throws(DetectionFailure) -> ProbeReport {
        do {
            return try makeProbe(memory).run()
        } catch {
            throw DetectionFailure(explanation: explain(error), hasEnded: error.hasEnded)
        }
    }

    private func makeProbe(_ memory: Memory) -> ProcessProbe {
        ProcessProbe(
            target: target, memory: memory, symbols: wantedSymbols, forcedABI: forcedABI, cache: images)
    }

    private func explain(_ error: ProbeError) -> String {
        switch error {
        case .notReadable(_, let errno) where errno == EACCES || errno == EPERM:
            AttachFailure.refused(pid: pid, errno: errno).explanation
        case .noSuchProcess: AttachFailure.refused(pid: pid, errno: ESRCH).explanation
        case .is32Bit: "Unsupported process \(pid): \(error.explanation)"
        default: "Failed to locate libpython: \(error.explanation)"
        }
    }

    private func notPython(_ report: ProbeReport) -> DetectionFailure {
        let program = report.files.first.map { " (it runs \($0.path))" } ?? ""
        return DetectionFailure(
            explanation: "Failed to locate libpython: process \(pid) is not a Python process\(program): "
                + "none of its \(report.files.count) mapped files exports _PyRuntime, "
                + "_PyThreadState_Current or PyInterpreterState_Head, or has a section .PyRuntime, and nothing "
                + "in their data looks like an interpreter. "
                + "See what was looked at with: \(probeCommand)")
    }

    private var probeCommand: String {
        if case .core(let core) = target { "pyflame --probe --core \(core.path)" } else { "pyflame --probe -p \(pid)" }
    }

    private func undecodable(_ report: ProbeReport) -> DetectionFailure {
        let versions = report.candidates.map { "\($0.version) (\($0.versionOrigin)) in \($0.path)" }
        let found = "found Python \(versions.joined(separator: "; "))"
        let supported = supportedABIs.map(\.dotted).joined(separator: ", ")
        var explanation: String
        if let forcedABI {
            explanation = "The target does not decode as Python \(forcedABI.dotted) (--abi \(forcedABI)): \(found)"
        } else if rejected.isEmpty {
            explanation = "Unsupported Python version: \(found); pyflame reads \(supported). "
                + "With --abi you can try a near one"
        } else {
            explanation = "Failed to read the interpreter: \(found)"
        }
        if !rejected.isEmpty { explanation += "\nTried: " + rejected.joined(separator: "\n       ") }
        explanation += forcedABI == nil
            ? "\nSee what was found with: \(probeCommand)"
            : "\nLeave --abi out to let pyflame detect the version"
        return DetectionFailure(explanation: explanation)
    }
}

/// Tries a decoder on the running target. A stack that is read while its thread runs may be torn, so
/// one good reading among several attempts is asked for; with a wrong layout none is good.
private struct Trial {
    private static let surelyFrameless = 8

    let decoder: any FrameDecoder
    let memory: Memory

    func run(_ patience: Detector.Patience) throws {
        var problem: any Error = LayoutUnavailable("it does not decode")
        var frameless = 0
        for attempt in 0..<patience.attempts {
            if attempt > 0 { usleep(attempt < 20 ? 100 : 1000) }
            memory.refresh()
            do throws(DecodeError) {
                let threads = try decoder.threads(in: memory)
                let holders = try decoder.lockState(in: memory).holders
                guard holders.allSatisfy({ holder in threads.contains { $0.address == holder.address } })
                else {
                    problem = LayoutUnavailable("the holder of the GIL is none of the threads")
                    continue
                }
                guard !threads.isEmpty else {
                    problem = NotAlive(description: "no thread states: Python is not initialised (or finalised)")
                    continue
                }
                var frames: [FrameID] = []
                var lost = 0
                for thread in threads {
                    do throws(DecodeError) {
                        try decoder.stack(of: thread, in: memory, into: &frames)
                    } catch {
                        lost += 1
                        guard patience.isForgiving, lost * 2 < threads.count else { throw error }
                    }
                }
                if !frames.isEmpty { return }
                frameless += 1
                // So often in a row is no coincidence.
                if !patience.wantsFrames, frameless >= Self.surelyFrameless { return }
                problem = NotAlive(description: "no thread has a Python frame")
            } catch {
                problem = LayoutUnavailable(error.explanation)
            }
        }
        // An embedding may sit in C with no Python frame at all.
        if frameless == 0 || patience.wantsFrames { throw problem }
    }
}

/// The layout fits as far as can be told, but no Python runs.
private struct NotAlive: Error, CustomStringConvertible {
    let description: String
}
