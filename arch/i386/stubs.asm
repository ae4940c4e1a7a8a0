; stubs.asm - the vectors: build one frame (struct user_regs), switch stacks, call C; the way out; thread switch.
; Called by: the CPU; context.c and the scheduler for the switches.
; Never: decides anything; trap.c sorts.
; C and assembly pass the first three arguments in eax, edx and ecx (-mregparm=3).
bits 32

USER_DS     equ 0x7b                  ; the kernel's too: a load costs more than all else here, and is mostly not needed
FRAME_DS    equ 28                    ; offsets in struct user_regs, checked in trap.c
FRAME_ES    equ 32
FRAME_FS    equ 36
FRAME_GS    equ 40
FRAME_CS    equ 56
FRAME_EFLAGS equ 60
FRAME_SS    equ 68
EFLAGS_NEVER equ 0x23000              ; IOPL and VM
EFLAGS_ALWAYS equ 0x202               ; interrupts on

extern trap_user, trap_kernel, trap_leave, kernel_syscall, context_fix_selectors
global trap_vectors, trap_syscall_vector
global irq_stack_top, user_kstack_top, user_regs_loaded
global call_on_irq_stack, arch_user_enter
global arch_context_switch, context_start
global irq_save, irq_restore, irq_enabled, arch_idle

section .text

; ---- one entry for each vector: error code (the CPU's or -1), vector number
%assign v 0
%rep 48
vector_ %+ v:
%if v = 8 || (v >= 10 && v <= 14) || v = 17 || v = 21 || v = 29 || v = 30
%else
	push dword -1
%endif
	push dword v
	jmp trap_common
%assign v v + 1
%endrep

; What every way in saves; eax is the frame then.
%macro SAVE 0
	push gs                       ; may write two bytes of four only: the upper halves stay 0 as arch_user_init left them
	push fs
	push es
	push ds
	push eax
	push ebp
	push edi
	push esi
	push edx
	push ecx
	push ebx
	cld
	mov eax, esp
%endmacro

; From user mode only.
trap_syscall_vector:
	push eax                      ; orig_eax
	push dword 0x80
	SAVE
	cmp word [esp + FRAME_DS], USER_DS
	jne .odd_data
	cmp word [esp + FRAME_ES], USER_DS
	jne .odd_data
.data_loaded:
	mov esp, [user_kstack_top]
	xor ebp, ebp                  ; backtraces end at the user boundary
	sti
	call kernel_syscall
	call trap_leave
	jmp user_exit
.odd_data:
	mov ecx, USER_DS
	mov ds, ecx
	mov es, ecx
	jmp .data_loaded

; From user mode the frame grows down from the end of the loaded user's regs, so it is built in place and what is above
; needs no copy; interrupts are off until the stack is a real one. From kernel mode it lies on the stack in use.
trap_common:
	SAVE
	test byte [esp + FRAME_CS], 3
	jz .from_kernel
	cmp word [esp + FRAME_DS], USER_DS
	jne .odd_data
	cmp word [esp + FRAME_ES], USER_DS
	jne .odd_data
.data_loaded:
	mov esp, [user_kstack_top]
	xor ebp, ebp                  ; backtraces end at the user boundary
	call trap_user
	jmp user_exit

.odd_data:
	mov ecx, USER_DS
	mov ds, ecx
	mov es, ecx
	jmp .data_loaded

.from_kernel:
	call trap_kernel
	pop ebx
	pop ecx
	pop edx
	pop esi
	pop edi
	pop ebp
	pop eax
	add esp, 24                   ; ds, es: as they were; fs, gs: the kernel has none, and a user's may be void here
	iret

; Leave for user mode by the loaded user's registers, interrupts off. Mostly its selectors are in their registers already:
; then none is loaded, and none need be looked at. A new TLS has cleared fs and gs (context.c).
user_exit:
	mov edx, [user_regs_loaded]
	mov eax, gs
	cmp [edx + FRAME_GS], eax
	jne .selectors
	mov eax, fs
	cmp [edx + FRAME_FS], eax
	jne .selectors
	cmp word [edx + FRAME_DS], USER_DS
	jne .selectors
	cmp word [edx + FRAME_ES], USER_DS
	jne .selectors
	cmp word [edx + FRAME_SS], USER_DS
	jne .selectors
	mov esp, edx
	and dword [esp + FRAME_EFLAGS], ~EFLAGS_NEVER
	or dword [esp + FRAME_EFLAGS], EFLAGS_ALWAYS
	pop ebx
	pop ecx
	pop edx
	pop esi
	pop edi
	pop ebp
	pop eax
	add esp, 24                   ; selectors, vector, error
	iret
.selectors:
	mov eax, edx
	call context_fix_selectors
	mov esp, [user_regs_loaded]
	pop ebx
	pop ecx
	pop edx
	pop esi
	pop edi
	pop ebp
	pop eax
	pop ds
	pop es
	pop fs
	pop gs
	add esp, 8
	iret

arch_user_enter:
	cli
	mov esp, [user_kstack_top]
	sti
	xor ebp, ebp
	call trap_leave
	jmp user_exit

; void call_on_irq_stack(void (*fn)(uint32_t), uint32_t arg)
call_on_irq_stack:
	push ebp
	mov ebp, esp
	mov ecx, eax
	mov eax, edx
	mov esp, [irq_stack_top]
	call ecx
	mov esp, ebp
	pop ebp
	ret

; void arch_context_switch(struct arch_context *from, struct arch_context *to)
arch_context_switch:
	push ebp
	push ebx
	push esi
	push edi
	mov [eax], esp
	mov esp, [edx]
	pop edi
	pop esi
	pop ebx
	pop ebp
	ret

; First switch to a new thread comes here: ebx entry, esi argument.
context_start:
	xor ebp, ebp
	sti
	mov eax, esi
	call ebx
	ud2                           ; an entry never returns

irq_save:
	pushfd
	pop eax
	and eax, 0x200
	cli
	ret

irq_restore:
	test eax, 0x200
	jz .off
	sti
	ret
.off:	cli
	ret

irq_enabled:
	pushfd
	pop eax
	shr eax, 9
	and eax, 1
	ret

arch_idle:
	sti
	hlt
	ret

section .rodata
align 4
trap_vectors:
%assign v 0
%rep 48
	dd vector_ %+ v
%assign v v + 1
%endrep

section .data
align 4
irq_stack_top:    dd 0
user_kstack_top:  dd 0
user_regs_loaded: dd 0
