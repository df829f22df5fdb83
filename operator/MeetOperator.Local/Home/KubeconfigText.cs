using System.Text.RegularExpressions;

namespace MeetOperator.Local.Home;

/// <summary>Builds the kubeconfig for users: the server's own, with the default tenant's namespace in its context, so that samples apply without a namespace.</summary>
internal static partial class KubeconfigText
{
    public static string InNamespace(string kubeconfig, string @namespace) => ContextNamespace().Replace(kubeconfig, $"${{1}}{@namespace}", 1);

    [GeneratedRegex(@"(?m)^(\s+namespace:\s*)\S+\s*?$")]
    private static partial Regex ContextNamespace();
}
