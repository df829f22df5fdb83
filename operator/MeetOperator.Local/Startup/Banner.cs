using MeetOperator.Local.Defaults;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Startup;

/// <summary>The text that is printed once the installation is ready: the URL, the kubeconfig line, commands to try.</summary>
internal static class Banner
{
    /// <param name="options">The settings of the installation.</param>
    /// <param name="kubeconfig">Path of the kubeconfig.</param>
    /// <param name="plugin">Folder of the plugin kubectl-meet; null if it is not installed.</param>
    public static string Build(LocalOptions options, string kubeconfig, string? plugin) => $"""

        Meetings:    {SystemPods.PublicUrl(options)}
        Kubernetes:  export KUBECONFIG={kubeconfig}{(plugin is null ? string.Empty : $"\nPlugin:      export PATH=$PATH:{plugin}")}{(options.TurnServer is null ? "\nRelays:      none, because coturn is not installed (apt-get install coturn && systemctl disable --now coturn)" : string.Empty)}

        Try:         kubectl get meet -A
                     kubectl apply -f crds/samples/meeting.yaml
                     kubectl get meetings -w{(plugin is null ? string.Empty : "\n             kubectl meet status")}
        Stop:        {(options.Port == 8080 ? string.Empty : $"MEET_PORT={options.Port} ")}{(Path.GetFileName(options.Home) == ".meet" ? string.Empty : $"MEET_HOME={options.Home} ")}./meet down

        """;
}
