package workflow

// Names of fields.
const (
	fPrivacy    = "privacy"
	fPriority   = "priority"
	fActivities = "activities"
	fName       = "name"
	fRunner     = "runner"
	fKind       = "kind"
	fModule     = "module"
	fCommand    = "command"
	fModel      = "model"
	fArgs       = "args"
	fStdin      = "stdin"
	fPrompt     = "prompt"
	fNeeds      = "needs"
	fEach       = "each"
	fRetry      = "retry"
	fTimeout    = "timeout_secs"
	fWhen       = "when"
	fOn         = "on"
	fNSFW       = "nsfw"
	fScope      = "scope"
	fOf         = "of"
	fIs         = "is"
	fSays       = "says"
	fNot        = "not"
)

// form is what the value of a field is.
type form uint8

const (
	formBool    form = iota // true or false
	formInt                 // a whole number from min to max
	formChoice              // one of choices
	formName                // [a-z][a-z0-9-]{0,31}, bare or in quotes
	formWord                // letters, digits and . _ + -, at most 64
	formText                // a string, or a bare name
	formString              // a string, or a bare name or a number, as it is written; may hold references
	formNames               // a list of names
	formStrings             // a list of strings, names or numbers; may hold references
	formEach                // formStrings, or one reference to a list
	formRank                // a name of a priority, or its number
	formWhen                // one record, or a list of them
	formRecords             // a list of records
)

// field says what may stand in a place of the file: what the decoder accepts, and what the manual lists.
type field struct {
	name     string
	form     form
	min, max int64
	choices  []string
	required bool
	runners  []string // only for these; nil: for all
	absent   string   // what it means that the field is not there
	help     string
	fields   []field
}

// Bounds beside those that are exported.
const (
	maxTimeoutSecs = 30 * 24 * 3600 // of a job, as the host takes it
	maxArgs        = 256            // of a job, as the host takes them
	maxArgBytes    = 64 << 10
	maxPromptBytes = 1 << 20 // as a node takes it
	maxStdinBytes  = 64 << 20
	maxConditions  = 64
	maxRefs        = 256 // in one activity
	maxText        = 128
	maxPath        = 255
	maxWord        = 64
	maxWorkflows   = 100 // in one file
)

var (
	runners  = []string{"wasm", "text", "embed", "command"}
	classes  = []string{"local-only", "paired-peers-only", "public-mesh"}
	ranks    = []string{"background", "normal", "urgent"}
	outcomes = []string{isSucceeded, isFailed, isSkipped, isEnded}
	process  = []string{"wasm", "command"}
	models   = []string{"text", "embed"}
)

// What a condition asks.
const (
	isSucceeded = "succeeded"
	isFailed    = "failed"
	isSkipped   = "skipped"
	isEnded     = "ended"
)

// kindsOf gives the kinds of slot that take jobs of a runner, the one that is taken where none is named first.
func kindsOf(runner string) []string {
	switch runner {
	case "text", "embed":
		return []string{runner, "gpu"}
	}
	return []string{"cpu", "gpu"}
}

// The fields of a workflow, of an activity and of a condition, in the order in which the manual has them.
var (
	workflowFields = []field{
		{name: fPrivacy, form: formChoice, choices: classes, absent: "paired-peers-only", help: "The class of activities that name none."},
		{name: fPriority, form: formRank, min: 1, max: 9, choices: ranks, absent: "normal", help: "How soon its jobs start; who starts the run may say otherwise."},
		{name: fActivities, form: formRecords, required: true, help: "What is to be done, 1 to 200 records.", fields: activityFields},
	}
	activityFields = []field{
		{name: fName, form: formName, required: true, help: "What others call it; once in a workflow."},
		{name: fRunner, form: formChoice, choices: runners, required: true, help: "What carries it out."},
		{name: fKind, form: formChoice, choices: []string{"cpu", "gpu", "text", "embed"}, absent: "the runner's own", help: "The kind of slot: cpu or gpu for wasm and command; text or gpu for text; embed or gpu for embed."},
		{name: fModule, form: formText, max: maxPath, required: true, runners: []string{"wasm"}, help: "The module: a path beside the file, or blob:HASH."},
		{name: fCommand, form: formWord, max: maxWord, required: true, runners: []string{"command"}, help: "A program by the name that donors list."},
		{name: fModel, form: formText, max: maxText, runners: models, absent: "the mesh's default", help: "The model that is asked."},
		{name: fArgs, form: formStrings, max: maxArgs, runners: process, absent: "none", help: "Arguments, with references."},
		{name: fStdin, form: formString, runners: process, absent: "none", help: "Standard input, with references."},
		{name: fPrompt, form: formString, required: true, runners: models, help: "What the model is asked, with references."},
		{name: fNeeds, form: formNames, max: MaxActivities, absent: "those that it refers to", help: "Activities that end before it starts."},
		{name: fEach, form: formEach, max: MaxFanOut, absent: "one", help: "One instance for each element of a list, or of ${NAME.parts}."},
		{name: fRetry, form: formInt, max: MaxRetry, absent: "0", help: "How many more tries it has after a failure."},
		{name: fTimeout, form: formInt, min: 1, max: maxTimeoutSecs, absent: "what the node allows", help: "How many seconds one try may take."},
		{name: fWhen, form: formWhen, max: maxConditions, absent: "all that it waits for succeeded", help: "Conditions, all of which must hold.", fields: conditionFields},
		{name: fPrivacy, form: formChoice, choices: classes, absent: "the workflow's", help: "How far it may travel."},
		{name: fOn, form: formText, max: maxText, absent: "any node", help: "The only node that may run it, by id or label."},
		{name: fNSFW, form: formBool, absent: "false", help: "Only nodes that take NSFW jobs may run it."},
		{name: fScope, form: formWord, max: maxWord, absent: "none", help: "What it is for, in a word that donors may list."},
	}
	conditionFields = []field{
		{name: fOf, form: formName, required: true, help: "The activity that is asked about."},
		{name: fIs, form: formChoice, choices: outcomes, absent: "where says is there", help: "How it ended."},
		{name: fSays, form: formString, absent: "where is is there", help: "Its whole output, without blanks at its ends, with references."},
		{name: fNot, form: formBool, absent: "false", help: "The condition holds when it would not."},
	}
)
