import FrameDecoding
import Glibc
import System
import TargetMemory

/// What is wanted of threads beside their stacks: names, variables.
final class ThreadDetails {
    private let decoder: any FrameDecoder
    private let source: any MemorySource
    private let threadIndex: ThreadIndex
    private let names: ThreadNames?
    private let program: ProgramReader?
    /// Of the threads of the last sample.
    private var variables: [ThreadState: [[Variable]]] = [:]

    /// Nil when nothing is wanted.
    init?(
        pid: pid_t, _ options: Sampler.Options, decoder: any FrameDecoder, source: any MemorySource,
        threadIndex: ThreadIndex, kernel: any Kernel
    ) {
        names = options.names ? ThreadNames(pid: pid, program: decoder.program, source: source, kernel: kernel) : nil
        program = options.variables ? decoder.program : nil
        self.decoder = decoder
        self.source = source
        self.threadIndex = threadIndex
        guard names != nil || program != nil else { return nil }
    }

    /// Reads what is wanted of a target that stands still; false when nothing was read.
    func read(of threads: [ThreadSample]) -> Bool {
        let named = names?.update(for: threads) ?? false
        guard let program else { return named }
        // A memory of its own, as for names.
        let memory = Memory(source: source)
        variables = [:]
        for thread in threads {
            guard let places = try? decoder.places(of: thread.thread, in: memory),
                places.count == thread.frames.count
            else { continue }
            variables[thread.thread] = program.variables(of: places, in: memory)
        }
        return true
    }

    /// `threads` with what was read of them.
    func added(to threads: [ThreadSample]) -> [ThreadSample] {
        threadIndex.resolve(threads.map(\.thread))
        return threads.map { thread in
            var thread = thread
            thread.tid = threadIndex.knownTID(of: thread.thread)
            thread.name = names?.name(of: thread.thread, tid: thread.tid)
            thread.variables = variables[thread.thread] ?? []
            return thread
        }
    }
}
