using System.Text.RegularExpressions;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Metadata;

/// <summary>Rules for RFC 1123 names, label keys, and label values, with the messages of apimachinery's validation.</summary>
internal static partial class NameRules
{
    private const string SubdomainHint =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelHint =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    public static Cause? CheckName(string name, NameRule rule)
    {
        const string Field = "metadata.name";
        switch (rule)
        {
            case NameRule.PathSegment:
                return name is "." or ".." || name.Contains('/') || name.Contains('%')
                    ? Cause.Invalid(Field, $"\"{name}\"", "may not be '.' or '..' nor contain '/' or '%'")
                    : null;
            case NameRule.DnsLabel:
                return name.Length > 63 ? Cause.Invalid(Field, $"\"{name}\"", "must be no more than 63 characters")
                    : Label().IsMatch(name) ? null : Cause.Invalid(Field, $"\"{name}\"", LabelHint);
            default:
                return name.Length > 253 ? Cause.Invalid(Field, $"\"{name}\"", "must be no more than 253 characters")
                    : Subdomain().IsMatch(name) ? null : Cause.Invalid(Field, $"\"{name}\"", SubdomainHint);
        }
    }

    public static bool IsQualifiedName(string key)
    {
        var slash = key.IndexOf('/');
        var name = key[(slash + 1)..];
        return name.Length is > 0 and <= 63 && Qualified().IsMatch(name) && (slash < 0 || (slash is > 0 and <= 253 && Subdomain().IsMatch(key[..slash])));
    }

    public static bool IsLabelValue(string value) => value.Length <= 63 && (value.Length == 0 || Qualified().IsMatch(value));

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z")]
    private static partial Regex Qualified();
}
