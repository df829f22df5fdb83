using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>Checks the relays of pools from the machine or Pod where it runs.</summary>
internal static class RelayChecker
{
    /// <param name="targets">The pools.</param>
    /// <param name="secretOf">The secret from which credentials of a pool are made, or why there is none.</param>
    /// <param name="route">How relays with a name are reached.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Ends the checks.</param>
    public static async Task<IReadOnlyList<TurnCheck>> RunAsync(
        IReadOnlyList<RelayTarget> targets, Func<RelayTarget, (string? Secret, string? Problem)> secretOf, RelayRoute route, TimeProvider time, CancellationToken ct)
    {
        var (address, authorities) = (route.Address is null ? null : IPAddress.Parse(route.Address), route.Authorities is null ? null : Read(route.Authorities));
        var checks = await Task.WhenAll(targets.Select(target => CheckAsync(target, secretOf(target), address, authorities, time, ct))).ConfigureAwait(false);
        return [.. checks.SelectMany(each => each)];
    }

    /// <summary>Reads certificates.</summary>
    /// <exception cref="CryptographicException">The text has no certificate, or a malformed one.</exception>
    public static X509Certificate2Collection Read(string pem)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("there is no certificate in it");
    }

    private static async Task<IReadOnlyList<TurnCheck>> CheckAsync(
        RelayTarget target, (string? Secret, string? Problem) stored, IPAddress? address, X509Certificate2Collection? authorities, TimeProvider time, CancellationToken ct)
    {
        var credential = stored.Secret is null ? null : RelayCredential.Issue(stored.Secret, RandomNumberGenerator.GetHexString(8, lowercase: true), time.GetUtcNow());
        var checker = new TurnChecker(target.Pool, credential, stored.Problem, target.Peers, address, authorities, time);
        var checks = new List<TurnCheck>();
        if (target.HasNoRelay)
        {
            checks.Add(new TurnCheck { Pool = target.Pool, Url = "(none)", Step = TurnStep.Endpoints, Message = "no relay takes participants", Fix = "see status.message of the TurnPool" });
        }

        foreach (var url in target.Urls)
        {
            checks.AddRange(await checker.RunAsync(url, ct).ConfigureAwait(false)); // One after another: the relay counts all of them as one participant.
        }

        return checks;
    }
}
