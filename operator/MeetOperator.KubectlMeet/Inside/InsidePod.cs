using System.Globalization;
using System.Text.Json;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>Builds the Pod of a check: the operator's image without its rights. It has no token, complies with the Pod security level <c>restricted</c>, and ends by itself. Pure.</summary>
internal static class InsidePod
{
    /// <summary>The hidden command that it runs.</summary>
    public const string Command = "__check";
    public const string Container = "check";
    public const string Label = "app.kubernetes.io/name";
    public const string LabelValue = "kubectl-meet";
    private const int UserId = 65532;
    private const int StartSeconds = 120;
    private const int SecondsPerPort = 5;
    private const int SecondsPerUrl = 60;

    /// <summary>The variable with the stored entry of a pool of relays.</summary>
    /// <param name="index">Index of the pool in the work.</param>
    public static string SecretVariable(int index) => string.Create(CultureInfo.InvariantCulture, $"MEET_RELAY_{index}");

    /// <param name="name">Name of the Pod.</param>
    /// <param name="source">What it takes over from the operator.</param>
    /// <param name="work">What it does.</param>
    public static Pod Build(string name, InsideSource source, InsideWork work) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = source.Namespace, Labels = new Dictionary<string, string> { [Label] = LabelValue } },
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Name = Container,
                    Image = source.Image,
                    ImagePullPolicy = source.PullPolicy,
                    Command = ["/app/kubectl-meet"],
                    Args = [Command, .. InsideText.Write(work)],
                    Env = [.. (work.Relays ?? []).Select((relays, index) => Stored(relays, index, source.TurnSecret))],
                    Resources = new ResourceRequirements
                    {
                        Requests = new Dictionary<string, string> { ["cpu"] = "50m", ["memory"] = "64Mi" },
                        Limits = new Dictionary<string, string> { ["cpu"] = "1", ["memory"] = "256Mi" },
                    },
                    SecurityContext = new SecurityContext
                    {
                        AllowPrivilegeEscalation = false,
                        ReadOnlyRootFilesystem = true,
                        RunAsNonRoot = true,
                        Capabilities = new Capabilities { Drop = ["ALL"] },
                        SeccompProfile = new SeccompProfile(),
                    },
                },
            ],
            RestartPolicy = "Never",
            TerminationGracePeriodSeconds = 1,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            NodeSelector = source.NodeSelector,
            Tolerations = source.Tolerations,
            ImagePullSecrets = source.PullSecrets,
            SecurityContext = new PodSecurityContext { RunAsNonRoot = true, RunAsUser = UserId, RunAsGroup = UserId, SeccompProfile = new SeccompProfile() },
            UnknownFields = new Dictionary<string, JsonElement> { ["activeDeadlineSeconds"] = JsonSerializer.SerializeToElement(DeadlineSeconds(work)) },
        },
    };

    /// <summary>When the kubelet ends the Pod, in case that nobody deletes it: more than all exchanges take without a single answer.</summary>
    public static int DeadlineSeconds(InsideWork work) =>
        StartSeconds + ((work.Ports?.Count ?? 0) / NetChecker.MaxRunning * SecondsPerPort) + ((work.Relays ?? []).Select(relays => relays.Urls.Count).DefaultIfEmpty().Max() * SecondsPerUrl);

    /// <summary>The kubelet reads the Secret, so neither the Pod's spec nor this program's caller has it.</summary>
    private static EnvVar Stored(RelayTarget relays, int index, string secret) => new()
    {
        Name = SecretVariable(index),
        ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = secret, Key = RelaySecrets.EntryOf(relays.Pool), Optional = true } },
    };
}
