import FrameDecoding
import Glibc
import TargetMemory

/// Looks for CPython in a process: in every mapped ELF file, by what it exports and never by its
/// name. Nothing of the process is changed, and it need not be stopped.
public struct ProcessProbe {
    private let target: ProbeTarget
    private let source: any MemorySource
    private let wanted: Set<String>
    private let forcedABI: ABI?
    private let cache: ImageCache

    private static let function = "PyInterpreterState_Head"
    /// What the probe itself needs to know.
    private static let ownSymbols: Set<String> = Set(ElfImage.signs).union([
        "Py_Version", "Py_GetVersion", "interp_head",
    ])

    /// - Parameters:
    ///   - symbols: what the registered decoders want to find.
    ///   - forcedABI: `--abi`; overrules what is found.
    ///   - cache: what is known of files already.
    public init(
        target: ProbeTarget, memory: Memory, symbols: Set<String>, forcedABI: ABI? = nil,
        cache: ImageCache = ImageCache()
    ) {
        self.target = target
        source = BudgetedSource(memory.source, budget: cache.budget)
        wanted = symbols.union(Self.ownSymbols)
        self.forcedABI = forcedABI
        self.cache = cache
    }

    public func run() throws(ProbeError) -> ProbeReport {
        try target.refuse32Bit()
        let list = ImageList(try target.mappings(), files: target.files(cache.budget), source: source)
        var report = ProbeReport()
        var moved: [String: Address] = [:]
        var found: [(image: ElfImage, mapped: MappedImage)] = []
        var others: [(finding: Int, mapped: MappedImage)] = []
        for mapped in list.images where !cache.budget.isSpent {
            var finding = FileFinding(
                path: mapped.path, openedAs: "memory", loadBias: mapped.loadBias,
                verdict: "no Python symbols")
            let exported = ElfImage.signs.filter { mapped.lookup?.value(of: $0) != nil }
            if !exported.isEmpty, !exported.contains(Self.function), mapped.isProgram {
                for name in wanted {
                    if let value = mapped.lookup?.value(of: name) {
                        moved[name] = value &+ mapped.loadBias
                    }
                }
                finding.verdict = "holds \(exported.joined(separator: ", ")) of a library"
                others.append((report.files.count, mapped))
            } else if !exported.isEmpty || mapped.isProgram {
                examine(mapped, exported, &finding, &found)
            } else {
                others.append((report.files.count, mapped))
            }
            report.files.append(finding)
        }
        // Only when there is nothing else: Python linked into a library that exports none of it.
        if found.isEmpty {
            for other in others where !cache.budget.isSpent {
                examine(other.mapped, [], &report.files[other.finding], &found)
            }
        }
        report.files += list.rejected.map {
            FileFinding(path: $0.path, openedAs: "memory", loadBias: nil, verdict: $0.reason)
        }
        for (image, mapped) in found {
            guard let version = version(of: image, mapped) else { continue }
            report.candidates.append(
                LocatedInterpreter(
                    image: image, path: mapped.path, loadBias: mapped.loadBias, version: version,
                    moved: moved))
        }
        return report
    }

    /// Decides whether the image holds CPython, with its file's help if it exports no sign of it.
    private func examine(
        _ mapped: MappedImage, _ exported: [String], _ finding: inout FileFinding,
        _ found: inout [(image: ElfImage, mapped: MappedImage)]
    ) {
        let image = cache.image(mapped, of: target, wanted: wanted)
        finding.openedAs = image.openedAs
        if !exported.isEmpty {
            let names = exported + (mapped.lookup?.value(of: "Py_Version") == nil ? [] : ["Py_Version"])
            finding.verdict = "exports \(names.joined(separator: ", "))"
        } else if image.runtimeSection != nil {
            finding.verdict = "section .PyRuntime"
        } else {
            let names = ElfImage.signs.filter { image.value(of: $0) != nil }
            if names.isEmpty { image.runtimeCookie = mapped.findRuntimeCookie() }
            guard !names.isEmpty || image.runtimeCookie != nil else { return image.dismiss() }
            finding.verdict = names.isEmpty
                ? "holds the cookie of _Py_DebugOffsets"
                : "defines \(names.joined(separator: ", "))"
        }
        // From 3.7 on the function returns a member of _PyRuntime.
        if image.publicValue(of: "_PyRuntime") == nil,
            let function = image.publicValue(of: Self.function)
        {
            image.interpreterHead = HeadOperand.address(
                mapped.memory.upTo(32, at: function), at: function, machine: mapped.header.machine)
        }
        if image.version == nil {
            image.version = VersionFinder(image: image, mapped: mapped).find()
        }
        if let version = image.version {
            finding.verdict += "; version \(version.number) (\(version.origin))"
        } else {
            finding.verdict += "; version not found"
        }
        found.append((image, mapped))
    }

    /// The last resort, when no candidate could be read: sites whose roots were found by how they look. It
    /// reads all data of all images, within bounds, and goes by the tables of `modules`.
    public func search(for modules: [DecoderModule]) throws(ProbeError) -> [LocatedInterpreter] {
        let mappings = try target.mappings()
        let list = ImageList(mappings, files: target.files(cache.budget), source: source)
        let memory = SearchMemory(mappings, source: source)
        let known = modules.flatMap { module in module.abis.map { PythonVersion($0.major, $0.minor) } }
        let versions = forcedABI.map { [PythonVersion($0.major, $0.minor)] } ?? known.reversed()
        func sign(of version: PythonVersion) -> RootSign? {
            modules.lazy.compactMap { $0.rootSign(version) }.first
        }
        var signs: [RootSign] = []
        for sign in versions.compactMap(sign(of:)) where !signs.contains(sign) { signs.append(sign) }

        var sites: [LocatedInterpreter] = []
        // A program is likelier to have swallowed Python than a library.
        for mapped in list.images.filter(\.isProgram) + list.images.filter({ !$0.isProgram }) {
            guard !memory.isExhausted, !cache.budget.isSpent else { break }
            let search = RootSearch(image: mapped, memory: memory)
            let heads = search.heads(signs)
            guard !heads.isEmpty else { continue }
            let image = cache.image(mapped, of: target, wanted: wanted)
            let found = image.version ?? VersionFinder(image: image, mapped: mapped).find()
            image.version = found
            let choices: [VersionFinder.Finding] = version(of: image, mapped).map { [$0] }
                ?? versions.map { (number: $0, origin: "the look of its data") }
            for head in heads {
                guard let roots = search.roots(of: head) else { continue }
                for choice in choices where sign(of: choice.number) == head.sign {
                    sites.append(
                        LocatedInterpreter(
                            image: image, path: mapped.path, loadBias: mapped.loadBias,
                            version: (choice.number, "\(choice.origin); roots found by search"),
                            moved: roots))
                }
            }
        }
        return sites
    }

    /// `--abi` has the last word, but not on the micro version.
    private func version(of image: ElfImage, _ mapped: MappedImage) -> VersionFinder.Finding? {
        guard let forcedABI else { return image.version }
        if let known = image.version, known.number.abi == forcedABI {
            return (known.number, "--abi, \(known.origin)")
        }
        let own = image.version.map { ", though by itself it is \($0.number), \($0.origin)" } ?? ""
        return (PythonVersion(forcedABI.major, forcedABI.minor), "--abi\(own)")
    }
}
