using MeetOperator.Local.Defaults;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Startup;

/// <summary>The text that is printed once the installation is ready: the URL, the kubeconfig line, three commands to try.</summary>
internal static class Banner
{
    public static string Build(LocalOptions options, string kubeconfig) => $"""

        Meetings:    {SystemPods.PublicUrl(options)}
        Kubernetes:  export KUBECONFIG={kubeconfig}

        Try:         kubectl get meet -A
                     kubectl apply -f crds/samples/meeting.yaml
                     kubectl get meetings -w
        Stop:        {(options.Port == 8080 ? string.Empty : $"MEET_PORT={options.Port} ")}{(Path.GetFileName(options.Home) == ".meet" ? string.Empty : $"MEET_HOME={options.Home} ")}./meet down

        """;
}
