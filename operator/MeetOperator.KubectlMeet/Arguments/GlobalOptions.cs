namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>Options that all commands have. Names and letters are those of kubectl.</summary>
internal static class GlobalOptions
{
    public const string Namespace = "namespace";
    public const string AllNamespaces = "all-namespaces";
    public const string Context = "context";
    public const string Kubeconfig = "kubeconfig";
    public const string Output = "output";
    public const string Color = "color";
    public const string Help = "help";

    public static readonly IReadOnlyList<OptionSpec> Cluster =
    [
        new(Namespace, "NAMESPACE", "namespace of the object, or the only one to list; by default, all that you may read") { Letter = 'n' },
        new(AllNamespaces, null, "read all namespaces, and fail if that is not allowed") { Letter = 'A' },
        new(Context, "NAME", "context of the kubeconfig to use instead of the current one"),
        new(Kubeconfig, "FILE", "kubeconfig to use instead of KUBECONFIG and ~/.kube/config"),
    ];

    public static readonly OptionSpec Format = new(Output, "FORMAT", "print json or yaml instead of text") { Letter = 'o', Choices = ["json", "yaml"] };

    public static readonly IReadOnlyList<OptionSpec> General =
    [
        new(Color, "WHEN", "auto, always or never; auto uses colors on a terminal, unless NO_COLOR is set") { Choices = ["auto", "always", "never"] },
        new(Help, null, "print help") { Letter = 'h' },
    ];

    /// <summary>All options of a command, its own first.</summary>
    public static IEnumerable<OptionSpec> Of(CommandSpec? command) =>
        [.. command?.Options ?? [], .. command is { UsesCluster: false } ? [] : Cluster, .. General];
}
