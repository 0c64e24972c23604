import FrameDecoding
import Glibc
import Probe
import Sampler
import TargetMemory

/// How a process may be kept still while it is read.
package enum MeansOfStillness {
    /// By stopping its threads, and nothing else: for a single sample, or many processes.
    case stops
    /// On the processor of the thread that holds the GIL; by a stop where that fails.
    case sharedProcessorThenStops
    /// On that processor only: `--nonblocking`.
    case sharedProcessor
}

extension Detection {
    /// Attaches to the process and makes its sampler; to be called on the thread that will sample.
    ///
    /// - Parameters:
    ///   - source: where the sampler reads; the process itself, or what keeps a copy of what is read.
    ///   - decoder: another one than that which detection made; nil takes that one.
    /// - Throws: `AttachFailure` when the kernel refuses, `SharedCore.Unavailable` for `--nonblocking`.
    package func makeSampler(
        reading source: any MemorySource, with decoder: (any FrameDecoder)? = nil, tracees: Tracees,
        options: Sampler.Options, means: MeansOfStillness
    ) throws -> Sampler {
        let core: SharedCore?
        switch means {
        case .stops: core = nil
        case .sharedProcessorThenStops:
            core = SharedCore(besideStopsWith: RestartableSequences.offset(pid: pid, source: source))
        case .sharedProcessor:
            core = try SharedCore(pid: pid, rseqOffset: RestartableSequences.offset(pid: pid, source: source))
        }
        let sampler = Sampler(
            pid: pid, decoder: decoder ?? self.decoder, source: source, tracees: tracees, options: options, core: core)
        if means != .sharedProcessor {
            let refused = tracees.seize(pid)
            guard refused == 0 else { throw AttachFailure.refused(pid: pid, errno: refused) }
        }
        return sampler
    }
}
