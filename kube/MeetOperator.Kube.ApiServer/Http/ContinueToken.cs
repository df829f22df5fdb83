using System.Globalization;
using System.Text;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>
/// Where a paged list goes on: the version of the first page and the last key. Later pages show current objects; a watch
/// from the first page's version replays what changed in between.
/// </summary>
internal static class ContinueToken
{
    public static string Write(long version, ObjectKey last) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{version}/{last.Namespace}/{last.Name}")));

    public static (long Version, ObjectKey After) Read(string token)
    {
        var buffer = new byte[token.Length];
        if (Convert.TryFromBase64String(token, buffer, out var length)
            && Encoding.UTF8.GetString(buffer, 0, length).Split('/', 3) is [var version, var ns, var name]
            && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var from))
        {
            return (from, new ObjectKey(string.Empty, ns.Length == 0 ? null : ns, name));
        }

        throw Refusal.BadRequest("continue key is not valid");
    }

    public static int Compare(ObjectKey left, ObjectKey right)
    {
        var byNamespace = string.CompareOrdinal(left.Namespace ?? string.Empty, right.Namespace ?? string.Empty);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(left.Name, right.Name);
    }
}
