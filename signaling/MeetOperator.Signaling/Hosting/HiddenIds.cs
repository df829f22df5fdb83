using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace MeetOperator.Signaling;

/// <summary>
/// Takes out of a line what its reader could use: the id of a meeting is all that it takes to join. In place of each id stands a mark, the same in every
/// line and on every instance: <c>id:</c> and the first twelve digits of the id's SHA-256. Ids are random, so no mark leads back to one.
/// </summary>
public static partial class HiddenIds
{
    public static string In(string line) => Tokens().Replace(Ids().Replace(line, id => $"id:{Mark(id.Value)}"), "(token)");

    private static string Mark(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id.ToLowerInvariant())))[..12];

    /// <summary>Ids of meetings and participants, and whatever else has their form.</summary>
    [GeneratedRegex("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")]
    private static partial Regex Ids();

    /// <summary>JSON Web Tokens: their header is a JSON object and so begins with these letters.</summary>
    [GeneratedRegex(@"eyJ[\w-]+\.[\w-]+\.[\w-]+")]
    private static partial Regex Tokens();
}
