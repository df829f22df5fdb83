using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Tests.CodeGen;

/// <summary>Entities that cannot be converted to a schema.</summary>
public static class Broken
{
    public sealed class Nothing;

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "Recursive", Plural = "recursives")]
    public sealed class Recursive : CustomResource<RecursiveSpec, Nothing>;

    public sealed class RecursiveSpec
    {
        public NodeSpec? Child { get; set; }
    }

    public sealed class NodeSpec
    {
        public NodeSpec? Child { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "Duration", Plural = "durations")]
    public sealed class Duration : CustomResource<DurationSpec, Nothing>;

    public sealed class DurationSpec
    {
        public TimeSpan Wait { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "BadDefault", Plural = "baddefaults")]
    public sealed class BadDefault : CustomResource<BadDefaultSpec, Nothing>;

    public sealed class BadDefaultSpec
    {
        [Default("Auto")]
        public string? Mode { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "WrongDefault", Plural = "wrongdefaults")]
    public sealed class WrongDefault : CustomResource<WrongDefaultSpec, Nothing>;

    public sealed class WrongDefaultSpec
    {
        [Default("\"x\"")]
        public int Count { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "OptionalKey", Plural = "optionalkeys")]
    public sealed class OptionalKey : CustomResource<OptionalKeySpec, Nothing>;

    public sealed class OptionalKeySpec
    {
        [ListMapKey("name")]
        public IList<Named>? Items { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "MissingKey", Plural = "missingkeys")]
    public sealed class MissingKey : CustomResource<MissingKeySpec, Nothing>;

    public sealed class MissingKeySpec
    {
        [ListMapKey("id")]
        public IList<Named>? Items { get; set; }
    }

    public sealed class Named
    {
        public string? Name { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "RangeOnText", Plural = "rangeontexts")]
    public sealed class RangeOnText : CustomResource<RangeOnTextSpec, Nothing>;

    public sealed class RangeOnTextSpec
    {
        [Range(1, 2)]
        public string? Title { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "IntKeys", Plural = "intkeys")]
    public sealed class IntKeys : CustomResource<IntKeysSpec, Nothing>;

    public sealed class IntKeysSpec
    {
        public IDictionary<int, string>? ByNumber { get; set; }
    }

    [KubernetesEntity(Group = "x.io", Version = "v1", Kind = "BadColumn", Plural = "badcolumns")]
    [PrinterColumn("Age", ".metadata.creationTimestamp", Type = "duration")]
    public sealed class BadColumn : CustomResource<Nothing, Nothing>;

    [KubernetesEntity(Group = "golden.example.io", Version = "v2", Kind = "Least", Plural = "leasts")]
    public sealed class AlsoLeast : CustomResource<Nothing, Nothing>;
}
