import FrameDecoding
import Glibc
import Probe
import Sampler
import System
import TargetMemory

/// The processes under watch: the first one, and all that descend from it. Each is looked at until it
/// is found to be Python, and sampled then; what it forks is found at once, since its interpreter lies
/// where its parent's does. Who was seen stays, whoever its parent is now.
package final class ProcessTree: SampledTargets {
    private final class Member {
        let pid: pid_t
        let parent: pid_t?
        var stage: Stage
        /// When the process, or the program that it runs now, began.
        var began: UInt64
        /// Tells the process from a later one with its PID.
        let startTime: UInt64?
        var story = ProcessCounts.Story()

        init(pid: pid_t, parent: pid_t?, stage: Stage, began: UInt64) {
            self.pid = pid
            startTime = ProcessStat(pid)?.startTime
            self.parent = parent
            self.stage = stage
            self.began = began
        }
    }

    private enum Stage {
        case starting(StartingProcess)
        case sampled(Sampler, Detection)
    }

    private let settings: Settings
    private let frames: FrameTable
    private let tracees: Tracees
    private let sink: any SampleSink
    private let sources: TargetSources?
    /// Nil when news come from elsewhere (traced processes).
    private let watch: (any ProcessWatch)?
    private let images = ImageCache()

    private var members: [pid_t: Member] = [:]
    private var news: [ProcessNews] = []
    private var isBusy = false
    /// Of processes that are gone.
    private var counts = ProcessCounts()
    private var past = Statistics()
    package private(set) var ticks = 0
    /// Whether any Python was found.
    private var hasFound = false

    /// More processes at once than this are not watched.
    private static let maximumMembers = 4096
    /// Most children that Python forks become another program, or are gone, before this time; one
    /// that is about to do so is left alone. Nanoseconds.
    private static let grace: UInt64 = 2_000_000
    private static let maximumSearch: UInt64 = 500_000_000
    private static let maximumPause: UInt64 = 5_000_000

    /// What is asked of the processes.
    package struct Settings {
        package var detection: DetectionSettings
        package var sampling: Sampler.Options
        /// Nanoseconds between two samples.
        package var interval: UInt64

        package init(detection: DetectionSettings, sampling: Sampler.Options, interval: UInt64) {
            self.detection = detection
            self.sampling = sampling
            self.interval = interval
        }
    }

    package init(
        settings: Settings, frames: FrameTable, tracees: Tracees, sink: any SampleSink,
        sources: TargetSources?, watch: (any ProcessWatch)?
    ) {
        self.settings = settings
        self.frames = frames
        self.tracees = tracees
        self.sink = sink
        self.sources = sources
        self.watch = watch
    }

    /// The processes under watch.
    package var pids: [pid_t] { Array(members.keys) }

    /// Takes in the process that is the root of all.
    package func join(_ pid: pid_t) {
        add(pid, parent: nil, began: monotonicNow())
    }

    /// Looks thoroughly at processes that run already.
    package func survey() {
        note(ChildrenScan().news(of: pids))
        let all = members.values.sorted { $0.pid < $1.pid }
        for member in all { look(at: member, .unsearched) }
        // What no file shows is searched for in the others, as long as that does not hold up the rest.
        let start = monotonicNow()
        for member in all where monotonicNow() - start < Self.maximumSearch {
            look(at: member, .thorough)
        }
    }

    // MARK: What happens to processes

    /// Something happened; to be called at any time, even while a sample is taken.
    package func note(_ event: ProcessNews) { note([event]) }

    private func note(_ events: [ProcessNews]) {
        news += events
        if !isBusy { settle() }
    }

    /// The same as ptrace tells it. Threads are no news.
    package func note(_ event: Tracees.Event) {
        switch event {
        case .forked(let thread, let child):
            let parent = members[thread] == nil ? owner(of: thread) : thread
            note(.born(child, parent: parent, at: monotonicNow()))
        case .executed(let pid): note(.executed(pid, at: monotonicNow()))
        case .ended(let tid, _):
            guard members[tid] != nil else { return }
            note(watch?.newsBeforeEnd(of: pids) ?? [])
            note(.ended(tid))
        case .cloned, .ending: break
        }
    }

    private func owner(of thread: pid_t) -> pid_t {
        ProcFile.text("/proc/\(thread)/status").flatMap { ProcFile.field("Tgid", of: $0) }
            .flatMap { pid_t($0) } ?? thread
    }

    private func settle() {
        isBusy = true
        defer { isBusy = false }
        // Acting on news may bring more.
        var next = 0
        while next < news.count {
            switch news[next] {
            case .born(let pid, let parent, let time): addChild(pid, parent: parent, at: time)
            case .executed(let pid, let time): replaceProgram(of: pid, at: time)
            case .ended(let pid): remove(pid)
            }
            next += 1
        }
        news.removeAll(keepingCapacity: true)
    }

    private func addChild(_ pid: pid_t, parent: pid_t, at time: UInt64) {
        guard let forker = members[parent], members[pid] == nil, pid != getpid() else { return }
        let inherited: Detection? =
            switch forker.stage {
            case .sampled(_, let detection): detection
            case .starting(let process): process.inherited
            }
        add(pid, parent: parent, began: time, inherited)
    }

    private func add(
        _ pid: pid_t, parent: pid_t?, began: UInt64, _ inherited: Detection? = nil
    ) {
        guard members.count < Self.maximumMembers else { return }
        members[pid] = Member(
            pid: pid, parent: parent, stage: starting(pid, at: began, inherited), began: began)
    }

    private func starting(_ pid: pid_t, at time: UInt64, _ inherited: Detection? = nil) -> Stage {
        .starting(
            StartingProcess(
                pid: pid, settings: settings.detection, frames: frames, images: images, inherited: inherited,
                notBefore: time &+ Self.grace,
                // A process is wanted by the next tick, not earlier.
                shortestInterval: max(
                    StartingProcess.shortestInterval, min(settings.interval / 4, Self.maximumPause))))
    }

    /// Another program, another chance to be Python.
    private func replaceProgram(of pid: pid_t, at time: UInt64) {
        // The same may be told twice, by the kernel's events and by ptrace.
        guard let member = members[pid], time > member.began else { return }
        countProgram(of: member)
        member.began = time
        member.stage = starting(pid, at: time)
    }

    private func remove(_ pid: pid_t) {
        guard let member = members[pid] else { return }
        if let stat = ProcessStat(pid), !stat.hasEnded, stat.startTime == member.startTime {
            // A thread that was not traced ran execve: the process lives on, under another program.
            return replaceProgram(of: pid, at: monotonicNow())
        }
        countProgram(of: member)
        members[pid] = nil
        counts.add(member.story)
        sink.end(pid)
    }

    /// The end of a member's present program.
    private func countProgram(of member: Member) {
        switch member.stage {
        case .starting(let process): member.story.add(process)
        case .sampled(let sampler, _): past.add(sampler.statistics)
        }
    }

    // MARK: Looking for Python

    private func look(at member: Member, _ patience: Detector.Patience? = nil) {
        guard case .starting(let process) = member.stage,
            let detection = process.look(patience, maySearch: !hasFound), members[member.pid] === member
        else { return }
        let sampler: Sampler
        do {
            sampler = try detection.makeSampler(
                reading: process.source, tracees: tracees, options: settings.sampling, means: .stops)
        } catch {
            // It has just ended, and will be told of.
            guard let stat = ProcessStat(member.pid), !stat.hasEnded else { return }
            return process.giveUp((error as? AttachFailure)?.explanation ?? "\(error)")
        }
        member.story.wasFound = true
        hasFound = true
        if patience == nil { counts.foundAfter.add(monotonicNow() &- member.began) }
        member.stage = .sampled(sampler, detection)
        var profiled = detection.process
        profiled.parent = member.parent
        sources?.add(detection.identity)
        sink.begin(profiled)
    }

    private func report() {
        note(watch?.news(of: pids) ?? [])
    }

    // MARK: Sampling

    package var nextAttention: UInt64 {
        var next = watch?.nextLook ?? .max
        for member in members.values {
            if case .starting(let process) = member.stage { next = min(next, process.nextLook) }
        }
        return next
    }

    package func attend() {
        report()
        let now = monotonicNow()
        for member in Array(members.values) {
            guard case .starting(let process) = member.stage, process.nextLook <= now else { continue }
            look(at: member)
            // Whoever was born meanwhile is not kept waiting.
            tracees.handleEvents()
        }
    }

    package func sampleAll(_ record: (Sample) -> Void) {
        ticks += 1
        attend()
        isBusy = true
        for member in Array(members.values) {
            guard case .sampled(let sampler, _) = member.stage, !sampler.isTargetGone else { continue }
            sampler.sampleAll { sample in
                member.story.wasSampled = true
                record(sample)
            }
        }
        settle()
    }

    package func miss(_ ticks: Int) { past.missed += ticks }

    package func endSampling(systemCalls: Int) { past.systemCalls += systemCalls }

    package var isGone: Bool { members.isEmpty }

    // MARK: Results

    /// Why no interpreter was found in a process that is still there.
    package func explanation(of pid: pid_t) -> String? {
        guard case .starting(let process) = members[pid]?.stage else { return nil }
        return process.explanation
    }

    /// The stacks of all threads of all processes, in the order of their PIDs.
    package func dump() -> [(process: ProfiledProcess, outcome: Sample.Outcome)] {
        members.values.sorted { $0.pid < $1.pid }.compactMap { member in
            guard case .sampled(let sampler, let detection) = member.stage else { return nil }
            return (detection.process, sampler.sample().outcome)
        }
    }

    package var statistics: Statistics {
        var all = past
        for case .sampled(let sampler, _) in members.values.map(\.stage) { all.add(sampler.statistics) }
        return all
    }

    /// What became of all processes that were seen.
    package var processes: ProcessCounts {
        var all = counts
        for member in members.values.sorted(by: { $0.pid > $1.pid }) {
            var story = member.story
            if case .starting(let process) = member.stage { story.add(process) }
            all.add(story)
        }
        all.filesRead = images.filesRead
        all.filesKnown = images.filesKnown
        return all
    }
}
