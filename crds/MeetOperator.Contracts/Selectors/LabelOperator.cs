namespace MeetOperator.Contracts.Selectors;

/// <summary>Operator of a label requirement.</summary>
public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
