import FrameDecoding
import Glibc
import Probe
import Sampler
import Synchronization
import System
import TargetMemory

/// Asks the probe for candidates and the registered decoders for one that reads them. A candidate
/// counts only when it decodes.
package final class Detector {
    package let pid: pid_t
    package let source: any MemorySource
    private let target: ProbeTarget
    private let frames: FrameTable
    private let settings: DetectionSettings
    private let images: ImageCache
    /// What the probe saw, once it came that far.
    package private(set) var report: ProbeReport?
    /// Ways that were tried and did not work: `3.9.2, table 3.9: ...`.
    package private(set) var rejected: [String] = []
    /// An interpreter was found that has no threads or no frames yet.
    package private(set) var isStarting = false

    /// Of a core dump, the source is the dump.
    package convenience init(core: CoreFile, frames: FrameTable, settings: DetectionSettings) {
        self.init(
            pid: core.pid, source: core, target: .core(core), frames: frames, settings: settings)
    }

    package init(
        pid: pid_t, source: any MemorySource, target: ProbeTarget? = nil, frames: FrameTable,
        settings: DetectionSettings, images: ImageCache = ImageCache()
    ) {
        self.images = images
        self.pid = pid
        self.target = target ?? .process(pid)
        self.source = source
        self.frames = frames
        self.settings = settings
    }

    package func detect(_ patience: Patience = .thorough) throws(DetectionFailure) -> Detection {
        rejected = []
        isStarting = false
        let identity = ProcessIdentity(pid: pid)
        images.budget.begin()
        defer { images.closeFiles() }
        try refuseUnreadable()
        let memory = Memory(source: source)
        var report = try probe(memory)
        defer { self.report = report }
        if let detection = decodable(report.candidates, memory, patience, identity) {
            announceIfNew(detection)
            return detection
        }
        if patience.searches, !images.budget.isSpent {
            let found = try search(memory)
            report.candidates += found
            if let detection = decodable(found, memory, patience, identity) { return detection }
        }
        throw report.candidates.isEmpty ? notPython(report) : undecodable(report)
    }

    private static let announced = Mutex<Set<PythonVersion>>([])

    /// Says so, once, when the interpreter is of a version that no decoder was made for.
    private func announceIfNew(_ detection: Detection) {
        guard let newest = settings.decoders.supportedABIs.last, detection.site.version.abi > newest,
            Self.announced.withLock({ $0.insert(detection.site.version).inserted })
        else { return }
        settings.warn(
            "WARNING: Python \(detection.site.version) is newer than all that this pyflame knows (up to "
                + "\(newest.dotted)); it is read by what it says of itself (\(detection.decoder.layoutOrigin))")
    }

    /// The kernel asks for permission before it looks at the address, so nothing has to be there.
    private func refuseUnreadable() throws(DetectionFailure) {
        var byte: UInt8 = 0
        let result = source.read(AddressRange(start: 8, count: 1), into: &byte)
        guard [-Int(EPERM), -Int(EACCES), -Int(ENOSYS)].contains(result) else { return }
        throw DetectionFailure(
            explanation: AttachFailure.refused(pid: pid, errno: Int32(-result), call: "process_vm_readv").explanation)
    }

    /// The first site, with its decoder, that decodes the running process.
    private func decodable(
        _ sites: [LocatedInterpreter], _ memory: Memory, _ patience: Patience,
        _ identity: ProcessIdentity
    ) -> Detection? {
        for site in sites {
            for module in settings.decoders where !images.budget.isSpent {
                switch module.claim(site, memory, frames) {
                case .notMine: continue
                case .unsupported(let reason): reject("\(site.version): \(reason)")
                case .reads(let choices):
                    let allowed = choices.filter { settings.layout == nil || settings.layout == $0.source }
                    if allowed.isEmpty, let layout = settings.layout {
                        let has = choices.map(\.source.rawValue).joined(separator: ", ")
                        reject(
                            "\(site.version): \(module.name) has no layout \(layout.rawValue), only \(has)")
                    }
                    for choice in patience.allLayouts ? allowed : Array(allowed.prefix(1)) {
                        do {
                            let decoder = try choice.makeDecoder()
                            try Trial(decoder: decoder, memory: memory, budget: images.budget).run(patience)
                            return Detection(
                                pid: pid, identity: identity, site: site, module: module, layout: choice,
                                decoder: decoder)
                        } catch {
                            if error is NotAlive { isStarting = true }
                            reject("\(site.version), \(choice.description): \(error)")
                        }
                    }
                }
            }
        }
        return nil
    }

    private static let mostRejections = 24

    private func reject(_ reason: String) {
        if rejected.count < Self.mostRejections { rejected.append(reason) }
        if rejected.count == Self.mostRejections { rejected[Self.mostRejections - 1] = "and more" }
    }

    /// A sentence of its own where the probe was cut short; empty where it was not.
    private var cutShort: String { images.budget.explanation.map { "\n\($0)" } ?? "" }

    private func search(_ memory: Memory) throws(DetectionFailure) -> [LocatedInterpreter] {
        do {
            return try makeProbe(memory).search(for: settings.decoders)
        } catch {
            throw DetectionFailure(explanation: explain(error))
        }
    }

    /// The interpreter of a process that was just forked from one whose interpreter is known: it lies at
    /// the same addresses, so nothing has to be looked for. Nil when it does not decode.
    package func adopt(_ known: Detection) -> Detection? {
        let identity = ProcessIdentity(pid: pid)
        images.budget.begin()
        defer { images.closeFiles() }
        let memory = Memory(source: source)
        guard case .reads(let choices) = known.module.claim(known.site, memory, frames),
            let choice = choices.first(where: { $0.description == known.layout.description }),
            let decoder = try? choice.makeDecoder(),
            (try? Trial(decoder: decoder, memory: memory, budget: images.budget).run(.adoption)) != nil
        else { return nil }
        return Detection(
            pid: pid, identity: identity, site: known.site, module: known.module, layout: choice, decoder: decoder)
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
            target: target, memory: memory, symbols: settings.decoders.wantedSymbols, forcedABI: settings.forcedABI, cache: images)
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
                + "See what was looked at with: \(probeCommand)" + cutShort)
    }

    private var probeCommand: String {
        if case .core(let core) = target { "pyflame --probe --core \(core.path)" } else { "pyflame --probe -p \(pid)" }
    }

    private func undecodable(_ report: ProbeReport) -> DetectionFailure {
        let versions = report.candidates.map { "\($0.version) (\($0.versionOrigin)) in \($0.path)" }
        let more = versions.count > 8 ? "; and \(versions.count - 8) more" : ""
        let found = "found Python \(versions.prefix(8).joined(separator: "; "))\(more)"
        let supported = settings.decoders.supportedABIs.map(\.dotted).joined(separator: ", ")
        var explanation: String
        if let forcedABI = settings.forcedABI {
            explanation = "The target does not decode as Python \(forcedABI.dotted) (--abi \(forcedABI)): \(found)"
        } else if rejected.isEmpty {
            explanation = "Unsupported Python version: \(found); pyflame reads \(supported). "
                + "With --abi you can try a near one"
        } else {
            explanation = "Failed to read the interpreter: \(found)"
        }
        if !rejected.isEmpty { explanation += "\nTried: " + rejected.joined(separator: "\n       ") }
        explanation += settings.forcedABI == nil
            ? "\nSee what was found with: \(probeCommand)"
            : "\nLeave --abi out to let pyflame detect the version"
        return DetectionFailure(explanation: explanation + cutShort)
    }
}
