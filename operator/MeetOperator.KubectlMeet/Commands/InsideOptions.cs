using System.Security.Cryptography;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Inside;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>The options with which a check runs in a Pod inside the cluster.</summary>
internal static class InsideOptions
{
    public const string Description = "With --inside, it runs in a Pod of the operator's image that has no rights, and deletes the Pod afterwards.";
    private const string DefaultInstallation = "meet-system";
    public static readonly OptionSpec Inside = new("inside", null, "test from a Pod inside the cluster, which is created for it in the namespace of the operator");
    public static readonly OptionSpec Installation = new(
        "installation", "NAMESPACE", $"namespace of the operator, for --inside and with the Secret {TurnRecord.SecretName}; by default {DefaultInstallation}");

    public static string InstallationOf(CommandLine line) => line.Value(Installation.Name) ?? DefaultInstallation;

    /// <summary>Runs the work in a Pod, and returns the result and where it was measured.</summary>
    public static Task<(InsideResult Result, string Place)> RunAsync(CommandContext context, CommandLine line, ClusterReader cluster, InsideWork work, CancellationToken ct) =>
        new InsideRunner(cluster.Client, InstallationOf(line), text => context.Note([text]), context.Time).RunAsync(work, RandomNumberGenerator.GetHexString(8, lowercase: true), ct);
}
