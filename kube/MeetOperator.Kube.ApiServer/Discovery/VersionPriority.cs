using System.Globalization;
using System.Text.RegularExpressions;

namespace MeetOperator.Kube.ApiServer.Discovery;

/// <summary>Orders API versions by priority: v2, v1, v1beta2, v1beta1, v1alpha1, then other names in ordinal order.</summary>
internal static partial class VersionPriority
{
    public static int Compare(string left, string right)
    {
        var a = Read(left);
        var b = Read(right);
        var order = b.CompareTo(a);
        return order != 0 ? order : string.CompareOrdinal(left, right);
    }

    private static (int Stage, int Major, int Minor) Read(string version)
    {
        var match = Shape().Match(version);
        if (!match.Success)
        {
            return (0, 0, 0);
        }

        var stage = match.Groups[2].Value switch { "" => 3, "beta" => 2, _ => 1 };
        return (stage, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[3].Length == 0 ? 0 : int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"\Av([1-9]\d{0,4})(?:(alpha|beta)([1-9]\d{0,4}))?\z")]
    private static partial Regex Shape();
}
